import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { systemErrorCode } from '../../config/error-code';
import { messageOf } from '../../lib/errors';
import { NodeBackupError } from './backup-error';
import type { BackupFile } from './backup-files';

/** A move that can be taken back. */
interface Move {
  readonly from: string;
  readonly to: string;
}

const LEASE = 'lease';

/**
 * Puts files in their absolute places, after all of them were written beside, and what is there into the folder
 * `previous`; the state folder is replaced as a whole, as its files belong together. When one step fails all is as before.
 * Answers `previous` where something was moved there. Throws NodeBackupError NODE_BACKUP_WRITE.
 */
export async function putInPlace(
  files: readonly BackupFile[],
  state: string,
  previous: string,
): Promise<string | undefined> {
  const staged = `${previous}.new`;
  const done: Move[] = [];
  const move = async (from: string, to: string): Promise<void> => {
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await rename(from, to);
    done.push({ from, to });
  };
  try {
    await mkdir(staged, { recursive: true, mode: 0o700 });
    for (const [index, file] of files.entries()) await writeDurably(join(staged, String(index)), file);
    const isState = (path: string): boolean => path.startsWith(`${state}${sep}`);
    if (await exists(state)) await move(state, join(previous, 'state'));
    for (const [index, { path }] of files.entries()) {
      if (!isState(path) && (await exists(path))) await move(path, join(previous, 'files', path));
      await move(join(staged, String(index)), path);
    }
    // It is held until the end, and is given back where it is looked for.
    await moveLease(join(previous, 'state'), state);
    return (await exists(previous)) ? previous : undefined;
  } catch (error) {
    await takeBack(done);
    if (done.length > 0) await rm(previous, { recursive: true, force: true });
    const remedy = 'look at the modes and the room of the folders; nothing was changed';
    throw new NodeBackupError('NODE_BACKUP_WRITE', `the backup cannot be put back: ${messageOf(error)}`, remedy, error);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

async function takeBack(done: readonly Move[]): Promise<void> {
  for (const { from, to } of [...done].reverse()) await rename(to, from);
}

async function moveLease(from: string, to: string): Promise<void> {
  try {
    await rename(join(from, LEASE), join(to, LEASE));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}

async function writeDurably(path: string, { mode, bytes }: BackupFile): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
