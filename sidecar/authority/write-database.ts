import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';
import { AuthorityError } from './authority-error';
import type { DatabaseFolder } from './database-folder';

/** A file that is yet to be written. */
export interface NewFile {
  /** From the folder that it belongs to, with slashes. */
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Readable by its owner alone, as is the folder that it lies in. */
  readonly secret?: boolean;
}

const LOCK = 'db/.netmap.lock';
/** Files that this process holds: its own id in a file may also be that of one before it, in a container. */
const held = new Set<string>();

/**
 * Runs `work` while no other command of this product writes the database; the reference scripts know of no such lock.
 * What a process that lives no more has left behind is taken over. Throws AuthorityError DATABASE_LOCKED.
 */
export async function withDatabaseLock<Result>(folder: DatabaseFolder, work: () => Promise<Result>): Promise<Result> {
  const file = folder.at(LOCK);
  if (!(await take(file))) {
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (held.has(file) || (holder !== process.pid && isAlive(holder))) throw locked(file, holder);
    await rm(file, { force: true });
    if (!(await take(file))) throw locked(file, undefined);
  }
  held.add(file);
  try {
    return await work();
  } finally {
    held.delete(file);
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(`${process.pid}\n`);
    await handle.close();
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unwritable(file, cause);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function locked(file: string, holder: number | undefined): AuthorityError {
  const who = holder === undefined ? 'another process' : `process ${holder}`;
  return new AuthorityError('DATABASE_LOCKED', `${who} is changing this database (${file})`, {
    remedy: 'wait until it is done; if nobody is, remove the file',
  });
}

/** Puts a file in place of the one at `path`, whole or not at all. Throws AuthorityError DATABASE_FILE. */
export async function putFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await writing(path, () => writeFileAtomic(path, content, { mode }));
}

/**
 * Writes a new folder with these files, whole or not at all: it is made beside its place and renamed. Throws
 * AuthorityError DATABASE_EXISTS where there is one with something in it, DATABASE_FILE.
 */
export async function putNewFolder(
  path: string,
  files: readonly NewFile[],
  folders: readonly string[] = [],
): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await writing(path, () => writeTree(temporary, files, folders));
    await writing(path, () => rename(temporary, path));
  } finally {
    await removeQuietly(temporary);
  }
}

async function writeTree(root: string, files: readonly NewFile[], folders: readonly string[]): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const name of folders) await mkdir(join(root, name), { recursive: true });
  for (const { path, content, secret = false } of files) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true, mode: secret ? 0o700 : 0o755 });
    await writeFileAtomic(file, content, { mode: secret ? 0o600 : 0o644 });
  }
}

/**
 * Puts a new folder in the place of another. A crash in between leaves none there, and the old one beside it under a
 * name with a dot.
 */
export async function replaceFolder(path: string, files: readonly NewFile[]): Promise<void> {
  const made = join(dirname(path), `.${randomUUID()}.new`);
  const old = join(dirname(path), `.${randomUUID()}.old`);
  try {
    await putNewFolder(made, files);
    await rename(path, old).catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unwritable(path, cause);
    });
    await writing(path, () => rename(made, path));
  } catch (error) {
    await rename(old, path).catch(() => undefined);
    throw error;
  } finally {
    await removeQuietly(made);
  }
  await removeQuietly(old);
}

/** What stays behind has a name with a dot, which nobody reads. */
async function removeQuietly(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

/** Creates a file that must not be there yet. Resolves to false when it is. Throws AuthorityError DATABASE_FILE. */
export async function createFile(path: string, content: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx', 0o644);
    await handle.writeFile(content);
    await handle.close();
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unwritable(path, cause);
  }
}

async function writing<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AuthorityError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw unwritable(path, cause);
    throw new AuthorityError('DATABASE_EXISTS', `${path} is there already`, {
      remedy: 'name another, or move it away',
      cause,
    });
  }
}

function unwritable(path: string, cause: unknown): AuthorityError {
  return new AuthorityError('DATABASE_FILE', `${path} cannot be written: ${messageOf(cause)}`, {
    remedy: 'let this user write there, and see that the disk has room',
    cause,
  });
}
