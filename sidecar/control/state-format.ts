import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../config/error-code';
import { writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';
import { NodeError } from './node-error';

/** Grows when an older program would misread what is in the state folder. */
export const STATE_VERSION = 1;
export const STATE_FORMAT_FILE = 'format.json';
const FORMAT = 'artemis-netmap state';

/**
 * Refuses a state folder that a later version of this program has written; one that does not say, or is not there, is
 * of 0.1.0 or new. Throws NodeError NODE_STATE_NEWER, or NODE_STATE where what it says cannot be read.
 */
export async function refuseNewerState(folder: string): Promise<void> {
  const file = join(folder, STATE_FORMAT_FILE);
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    throw damaged(file, error);
  }
  const version = stateVersion(content, file);
  if (version <= STATE_VERSION) return;
  throw new NodeError(
    'NODE_STATE_NEWER',
    `${folder} is of state version ${version}, and this program knows ${STATE_VERSION}`,
    {
      remedy:
        'run the later version of netmap that has written it, or restore a backup that this version has taken: netmap restore FILE --force',
    },
  );
}

/** The version that the file `format.json` of a state folder tells. Throws NodeError NODE_STATE, naming `what`. */
export function stateVersion(content: string, what: string): number {
  try {
    const { format, version } = JSON.parse(content) as { format?: unknown; version?: unknown };
    if (format !== FORMAT || !Number.isSafeInteger(version)) throw new TypeError('it does not tell a version');
    return version as number;
  } catch (error) {
    throw damaged(what, error);
  }
}

/** Says in the folder which version it is of; only for who is its one writer. */
export async function markState(folder: string): Promise<void> {
  const content = `${JSON.stringify({ format: FORMAT, version: STATE_VERSION })}\n`;
  await writeFileAtomic(join(folder, STATE_FORMAT_FILE), content, { mode: 0o600 });
}

function damaged(what: string, cause: unknown): NodeError {
  return new NodeError('NODE_STATE', `${what} is damaged: ${messageOf(cause)}`, {
    remedy: 'restore it from a backup, or remove it where no later version of netmap has run with this folder',
    cause,
  });
}
