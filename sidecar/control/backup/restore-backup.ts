import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { Config } from '../../config/config';
import { systemErrorCode } from '../../config/error-code';
import { parseConfig } from '../../config/load-config';
import { decryptAge, isAge } from '../../lib/age';
import { messageOf } from '../../lib/errors';
import { StateFolder } from '../state-folder';
import { STATE_FORMAT_FILE, STATE_VERSION, stateVersion } from '../state-format';
import { unpackBackup, type Manifest } from './archive';
import { NodeBackupError } from './backup-error';
import type { BackupFile } from './backup-files';
import { putInPlace } from './put-in-place';

export interface RestoreBackupInput {
  readonly file: string;
  /** Absolute path of the configuration file to be: the node is put into its folder. */
  readonly configFile: string;
  /** Whether files with other content may be replaced; those of before are kept beside. */
  readonly mayOverwrite: boolean;
  /** Asked for an encrypted backup. */
  readonly passphrase: () => Promise<string>;
  /** Names the folder of what was there before. */
  readonly newName: () => string;
}

export interface RestoredBackup {
  readonly manifest: Manifest;
  readonly folder: string;
  readonly files: number;
  /** Folder of what was replaced; absent where nothing was. */
  readonly previous?: string;
}

/**
 * Puts a backup back: wholly verified before anything is written, and either all of it is there then, or all is as before.
 * Throws NodeBackupError, AgeError, ConfigError, and NodeError NODE_IN_USE while a sidecar runs with the state folder.
 */
export async function restoreNodeBackup(input: RestoreBackupInput): Promise<RestoredBackup> {
  const what = resolve(input.file);
  const read = await readBackup(what);
  const bytes = isAge(read) ? await decryptAge(read, await input.passphrase()) : read;
  const { manifest, files } = await unpackBackup(bytes, what);
  const folder = dirname(input.configFile);
  const placed = files.map((file) => {
    const isConfig = file.path === manifest.config;
    return { ...file, path: isConfig ? input.configFile : placeOf(file, folder, what) };
  });
  const config = configOf(manifest, files, input.configFile, what);
  refuseNewer(placed, config.state, what);
  const state = new StateFolder(config.state);
  const isThere = await exists(config.state);
  // What a sidecar that runs has in memory it would write over it.
  if (isThere) await state.acquire(process.pid);
  try {
    await refuseOverwriting(placed, config, input.mayOverwrite);
    const previous = await putInPlace(placed, config.state, join(folder, `before-restore-${input.newName()}`));
    return { manifest, folder, files: files.length, ...(previous === undefined ? {} : { previous }) };
  } finally {
    if (isThere) await state.release();
  }
}

async function readBackup(what: string): Promise<Buffer> {
  try {
    return await readFile(what);
  } catch (error) {
    const remedy = 'give a file that netmap backup has written';
    throw new NodeBackupError('NODE_BACKUP_FORMAT', `${what} cannot be read: ${messageOf(error)}`, remedy, error);
  }
}

/** Nothing of a backup gets anywhere but into the folder of the node, or to where it was. */
function placeOf({ path }: BackupFile, folder: string, what: string): string {
  if (isAbsolute(path)) return path;
  const place = resolve(folder, path);
  if (place.startsWith(`${folder}${folder.endsWith(sep) ? '' : sep}`)) return place;
  const remedy = 'give a file that netmap backup has written';
  throw new NodeBackupError('NODE_BACKUP_FORMAT', `${what} has a file outside of its folder: ${path}`, remedy);
}

function configOf(manifest: Manifest, files: readonly BackupFile[], configFile: string, what: string): Config {
  const found = files.find(({ path }) => path === manifest.config);
  if (found !== undefined) return parseConfig(configFile, found.bytes.toString('utf8'));
  const remedy = 'take another copy of the backup';
  throw new NodeBackupError('NODE_BACKUP_DAMAGED', `the backup ${what} has no configuration in it`, remedy);
}

function refuseNewer(files: readonly BackupFile[], state: string, what: string): void {
  const format = files.find(({ path }) => path === join(state, STATE_FORMAT_FILE));
  if (format === undefined) return;
  const version = stateVersion(format.bytes.toString('utf8'), `${STATE_FORMAT_FILE} in ${what}`);
  if (version <= STATE_VERSION) return;
  const message = `${what} has a state of version ${version}, and this program knows ${STATE_VERSION}`;
  throw new NodeBackupError('NODE_BACKUP_FORMAT', message, 'restore it with the version of netmap that has taken it');
}

async function refuseOverwriting(files: readonly BackupFile[], config: Config, mayOverwrite: boolean): Promise<void> {
  if (mayOverwrite) return;
  const others = await Promise.all(
    files.map(async ({ path, bytes }) => {
      const there = await contentOf(path);
      return there === undefined || there.equals(bytes) ? [] : [path];
    }),
  );
  const state = new StateFolder(config.state);
  const hasState = (await state.readSerials().catch(() => new Map([['', 0n]]))).size > 0;
  const all = [...others.flat(), ...(hasState ? [config.state] : [])];
  const [first] = all;
  if (first === undefined) return;
  const more = all.length > 1 ? ` and ${all.length - 1} more` : '';
  const remedy = 'restore into an empty folder, or use --force: what is there now is kept beside';
  throw new NodeBackupError('NODE_BACKUP_OVERWRITES', `${first}${more} would be replaced`, remedy);
}

async function contentOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
