import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { messageOf } from '../lib/errors';
import { BrokerError } from './broker-error';

/** Throws BROKER_ARCHIVE_INVALID unless the file's SHA-512 (hex) is the expected one. */
export async function verifyArchive(archive: string, sha512: string): Promise<void> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(archive), hash);
  const found = hash.digest('hex');
  if (found === sha512) return;
  throw new BrokerError(
    'BROKER_ARCHIVE_INVALID',
    `${basename(archive)} is not the expected archive: its SHA-512 begins with ${found.slice(0, 16)}, not ${sha512.slice(0, 16)}`,
    { remedy: 'Fetch it again; if that does not help, somebody on the way changes it', decision: 'alarm' },
  );
}

/**
 * Unpacks a .tar.gz with one folder at its top as the folder `target`, which appears only when all is there. When
 * another process has made it meanwhile, that one stays.
 */
export async function unpackArchive(archive: string, target: string): Promise<void> {
  const temporary = `${target}.${randomUUID()}.tmp`;
  await mkdir(temporary, { recursive: true });
  try {
    await extract({ file: archive, cwd: temporary, strip: 1, strict: true });
    await rename(temporary, target);
  } catch (error) {
    if (isTaken(error)) return;
    throw new BrokerError('BROKER_ARCHIVE_INVALID', `${archive} cannot be unpacked: ${messageOf(error)}`, {
      remedy: 'Check the space and the permissions of the folder',
      cause: error,
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Takes a folder that is of no use away: at once, then its content. */
export async function discardFolder(folder: string): Promise<void> {
  const aside = `${folder}.${randomUUID()}.tmp`;
  await rename(folder, aside);
  await rm(aside, { recursive: true, force: true });
}

function isTaken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}
