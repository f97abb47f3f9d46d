import { access } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Config } from '../../config/config';
import { encryptAge } from '../../lib/age';
import { replaceFile } from '../../lib/atomic-file';
import type { Clock } from '../../lib/clock';
import { messageOf } from '../../lib/errors';
import { readChain } from '../node-material';
import { packBackup } from './archive';
import { NodeBackupError } from './backup-error';
import { nodeFiles, secretVariables } from './backup-files';

export interface TakeBackupInput {
  readonly config: Config;
  readonly clock: Clock;
  /** Where to write it; mode 0600. */
  readonly file: string;
  readonly mayReplace: boolean;
  /** Encrypts it. */
  readonly passphrase?: string;
}

export interface TakenBackup {
  /** Absolute path. */
  readonly file: string;
  readonly files: number;
  readonly bytes: number;
  readonly isEncrypted: boolean;
  /** Environment variables whose secrets are not in it. */
  readonly secretVariables: readonly string[];
}

/** Keeps all that makes a node what it is in one file, whole or not at all. Throws NodeBackupError. */
export async function takeNodeBackup({
  config,
  clock,
  mayReplace,
  passphrase,
  ...rest
}: TakeBackupInput): Promise<TakenBackup> {
  const file = resolve(rest.file);
  if (!mayReplace && (await exists(file))) {
    throw new NodeBackupError('NODE_BACKUP_EXISTS', `${file} is there already`, 'name another file, or use --force');
  }
  const node = await readChain(config.certificates.chain).then(
    ([leaf]) => leaf?.subject.toCorda() ?? '',
    () => '',
  );
  const files = await nodeFiles(config);
  const variables = secretVariables(config);
  const at = new Date(clock.now()).toISOString();
  const packed = packBackup({ node, at, config: basename(config.file), secretVariables: variables }, files);
  const bytes = passphrase === undefined ? packed : await encryptAge(packed, passphrase);
  try {
    await replaceFile(file, 0o600, async (handle) => {
      await handle.writeFile(bytes);
      return true;
    });
  } catch (error) {
    const remedy = 'name a file in a folder that can be written and has room';
    throw new NodeBackupError('NODE_BACKUP_WRITE', `${file} cannot be written: ${messageOf(error)}`, remedy, error);
  }
  const isEncrypted = passphrase !== undefined;
  return { file, files: files.length, bytes: bytes.length, isEncrypted, secretVariables: variables };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
