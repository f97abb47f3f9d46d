import { constants } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { messageOf } from '../lib/errors';
import { DirectoryError } from './directory-error';

export interface FileStamp {
  /** Differs when the file was written or replaced. */
  readonly id: string;
  /** When its content was last changed, milliseconds since the epoch by the file system's clock. */
  readonly changedAt: number;
}

/**
 * Names in a folder that may be NodeInfos, sorted: nodeInfo-* and *.json, without hidden and temporary ones.
 * @throws DirectoryError DIRECTORY_UNREADABLE
 */
export async function listNodeInfoFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter(isNodeInfoName).sort();
  } catch (cause) {
    throw new DirectoryError('DIRECTORY_UNREADABLE', `The folder ${folder} cannot be read: ${messageOf(cause)}`, {
      remedy:
        'Create the folder, or let this process read it; the nodes that were read from it before stay until then.',
      decision: 'retry',
      cause,
    });
  }
}

/** The stamp of a regular file, links followed; undefined when there is none of that name. */
export async function stampOf(path: string): Promise<FileStamp | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) return undefined;
    return { id: [found.ino, found.size, found.mtimeNs, found.ctimeNs].join(':'), changedAt: Number(found.mtimeMs) };
  } catch {
    return undefined;
  }
}

/**
 * The content of a file.
 * @throws DirectoryError DIRECTORY_FILE_TOO_LARGE or DIRECTORY_FILE_UNREADABLE
 */
export async function readBounded(path: string, maxBytes: number): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    // A pipe put in the file's place after it was looked at would block without O_NONBLOCK.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const content = Buffer.alloc(Math.min((await handle.stat()).size, maxBytes) + 1);
    const length = await fill(handle, content);
    if (length > maxBytes) {
      throw new DirectoryError('DIRECTORY_FILE_TOO_LARGE', `The file ${path} has more than ${maxBytes} bytes`, {
        remedy: 'Remove it from the folder; no NodeInfo is as large.',
      });
    }
    return content.subarray(0, length);
  } catch (cause) {
    if (cause instanceof DirectoryError) throw cause;
    throw new DirectoryError('DIRECTORY_FILE_UNREADABLE', `The file ${path} cannot be read: ${messageOf(cause)}`, {
      remedy: 'Let this process read the file.',
      decision: 'retry',
      cause,
    });
  } finally {
    await handle?.close();
  }
}

async function fill(handle: FileHandle, buffer: Buffer): Promise<number> {
  for (let length = 0; ;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    length += bytesRead;
    if (bytesRead === 0 || length === buffer.length) return length;
  }
}

/**
 * Whether an entry of the folder may stand for others: a volume of Kubernetes is changed by one link that all files go
 * through.
 */
export function mayLeadToOthers(name: string): boolean {
  return name.startsWith('..');
}

export function isNodeInfoName(name: string): boolean {
  if (name.startsWith('.') || name.endsWith('.tmp')) return false;
  return name.startsWith('nodeInfo-') || name.endsWith('.json');
}
