import { randomUUID } from 'node:crypto';
import { chmod, open, readFile, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface AtomicFileOptions {
  /** Permission bits of the file; 0o644 unless given, 0o600 for what holds a secret. */
  readonly mode?: number;
}

const UNFINISHED = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Puts `content` in place of the file at `path`, so that a reader (or a crash) sees either the old bytes or the new.
 * The modification time always grows, by a millisecond at least, since the broker reloads a file only then.
 * The folder must exist. Returns false, and leaves the file and its time alone, when the content is already there.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: AtomicFileOptions = {},
): Promise<boolean> {
  const { mode = 0o644 } = options;
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const before = await existing(path);
  if (before !== undefined && before.bytes.equals(bytes)) {
    if (before.mode !== mode) await chmod(path, mode);
    return false;
  }
  await replaceFile(path, mode, async (file) => {
    await file.writeFile(bytes);
    return true;
  });
  // Set after the rename: the broker compares it with the moment at which it last read, which may lie after our write.
  await growTime(path, before?.mtimeMs ?? 0);
  return true;
}

/**
 * Puts what `write` writes in place of the file at `path`, whole or not at all; where `write` answers false the file
 * stays as it is. For what is too large to be held as one text.
 */
export async function replaceFile(
  path: string,
  mode: number,
  write: (file: FileHandle) => Promise<boolean>,
): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    if (await writeDurably(temporary, mode, write)) await rename(temporary, path);
    else await rm(temporary);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Removes what a process that was killed while it wrote has left; only for who is the one writer of the folder. */
export async function removeUnfinished(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => UNFINISHED.test(name));
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}

async function existing(path: string): Promise<{ bytes: Buffer; mode: number; mtimeMs: number } | undefined> {
  try {
    const bytes = await readFile(path);
    const { mode, mtimeMs } = await stat(path);
    return { bytes, mode: mode & 0o7777, mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeDurably(
  path: string,
  mode: number,
  write: (file: FileHandle) => Promise<boolean>,
): Promise<boolean> {
  const file = await open(path, 'wx', 0o600);
  try {
    if (!(await write(file))) return false;
    // The mode given to open is cut by the process' umask.
    await file.chmod(mode);
    await file.sync();
    return true;
  } finally {
    await file.close();
  }
}

async function growTime(path: string, before: number): Promise<void> {
  const seconds = Math.max(Math.ceil(Date.now()), Math.floor(before) + 2) / 1000;
  await utimes(path, seconds, seconds);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
