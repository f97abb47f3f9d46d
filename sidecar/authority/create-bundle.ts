import { createPrivateKey, sign } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import type { Clock } from '../lib/clock';
import { createSigningRequest } from './certificate-request';
import { DatabaseFile, DatabaseFolder } from './database-folder';
import { readOwnRoot } from './read-database';
import { unlockRootKey } from './root-key';
import type { Passphrase } from './root-key';
import { BundleFile, NODE_INFO_LIMITS, readNodeInfo, verifyBundle } from './verify-bundle';
import type { InfoBundle } from './verify-bundle';
import type { ZipFileContent } from './read-zip';
import { putFile, withDatabaseLock } from './write-database';

export interface CreatedBundle {
  /** The zip archive. */
  readonly bytes: Uint8Array;
  readonly bundle: InfoBundle;
}

const NODE_INFO = 'nodeinfo';
const PLAIN_FILE = 0o100644;
const UNIX = 3;

/**
 * Makes the info bundle of a node: all that lies in its folder nodeinfo (names that begin with a dot left out), dated
 * today and signed with the root's key. What peers would refuse is not given out. Throws AuthorityError.
 */
export async function createBundle(path: string, passphrase: Passphrase, clock: Clock): Promise<CreatedBundle> {
  const folder = new DatabaseFolder(path);
  const own = await readOwnRoot(folder);
  return withDatabaseLock(folder, async () => {
    const at = clock.now();
    const where = folder.at(NODE_INFO);
    const before = readNodeInfo(await filesIn(folder.folder(NODE_INFO)), where);
    const rootKey = await unlockRootKey(folder, own, passphrase);
    const today = new Date(at).toISOString().slice(0, 10);
    // The scripts write the day of where they run, which may be ahead of ours; peers take no bundle that is older.
    if ((before.updatedAt ?? '') < today) await putFile(folder.at(DatabaseFile.updatedAt), `${today}\n`);
    if (!(await folder.has(DatabaseFile.request))) {
      const request = createSigningRequest(own.certificate.subject, rootKey.pair);
      await putFile(folder.at(DatabaseFile.request), request);
    }
    const nodeInfo = pack(await filesIn(folder.folder(NODE_INFO)), at);
    const bytes = pack(
      [
        { path: BundleFile.root, content: await folder.bytes(DatabaseFile.rootCertificate) },
        { path: BundleFile.request, content: await folder.bytes(DatabaseFile.request) },
        { path: BundleFile.nodeInfo, content: nodeInfo },
        { path: BundleFile.signature, content: sign('sha256', nodeInfo, createPrivateKey(rootKey.pair.privateKey)) },
      ],
      at,
    );
    return { bytes, bundle: await verifyBundle(bytes, { where: 'the new info bundle', at }) };
  });
}

function pack(files: readonly { readonly path: string; readonly content: Uint8Array }[], at: number): Uint8Array {
  const attributes = { os: UNIX, attrs: PLAIN_FILE * 2 ** 16, mtime: at };
  const entries: Zippable = {};
  // What is packed already, or has no pattern, only grows.
  for (const { path, content } of files) {
    const isPacked = path === BundleFile.nodeInfo || path === BundleFile.signature;
    entries[path] = [content, { ...attributes, level: isPacked ? 0 : 6 }];
  }
  return zipSync(entries);
}

async function filesIn(folder: DatabaseFolder, below = ''): Promise<ZipFileContent[]> {
  const names = await readdir(folder.at(below)).catch(() => []);
  const files: ZipFileContent[] = [];
  for (const name of names.filter((one) => !one.startsWith('.')).sort()) {
    const path = join(below, name);
    const found = await lstat(folder.at(path));
    if (found.isDirectory()) files.push(...(await filesIn(folder, path)));
    else if (found.isFile()) files.push({ path, content: await folder.bytes(path) });
    else throw folder.invalid(path, 'it is neither a file nor a folder', 'put a file there, or remove it');
    if (files.length > NODE_INFO_LIMITS.entries) {
      throw folder.invalid(
        below,
        `it has more than ${NODE_INFO_LIMITS.entries} files`,
        'remove what peers do not need',
      );
    }
  }
  return files;
}
