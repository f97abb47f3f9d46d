import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { messageOf } from '../lib/errors';
import { AuthorityError } from './authority-error';
import type { AuthorityErrorCode } from './authority-error';

interface FileCodes {
  /** It cannot be read. */
  readonly unreadable: AuthorityErrorCode;
  /** It is no file, or too large. */
  readonly invalid: AuthorityErrorCode;
}

const DATABASE: FileCodes = { unreadable: 'DATABASE_FILE', invalid: 'DATABASE_INVALID' };
const INPUT: FileCodes = { unreadable: 'INPUT_FILE', invalid: 'INPUT_FILE' };

/** The bytes of a file, or undefined where there is none. Throws AuthorityError, DATABASE_FILE or DATABASE_INVALID unless told. */
export async function readLimited(path: string, mostBytes: number, codes = DATABASE): Promise<Buffer | undefined> {
  const refuse = (what: string, remedy: string): AuthorityError =>
    new AuthorityError(codes.invalid, `${path}: ${what}`, { remedy });
  try {
    // Without O_NONBLOCK the opening of a named pipe would wait for a writer, for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw refuse('it is not a file', 'name a file');
      if (found.size > mostBytes) throw refuse(`it has more than ${mostBytes} bytes`, 'name another file');
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof AuthorityError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new AuthorityError(codes.unreadable, `${path} cannot be read: ${messageOf(cause)}`, {
      remedy: 'let this user read it',
      cause,
    });
  }
}

/** The bytes of a file that was named by the user. Throws AuthorityError INPUT_FILE. */
export async function readInput(path: string, mostBytes: number): Promise<Buffer> {
  const content = await readLimited(path, mostBytes, INPUT);
  if (content !== undefined) return content;
  throw new AuthorityError('INPUT_FILE', `${path} does not exist`, { remedy: 'name a file that does' });
}
