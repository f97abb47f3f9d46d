import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Header, Parser, Pax } from 'tar';
import { messageOf } from '../../lib/errors';
import { NodeBackupError } from './backup-error';
import type { BackupFile } from './backup-files';

/** What a backup says of itself; the first file in it. */
export interface Manifest {
  readonly format: 'netmap-node-backup';
  readonly version: 1;
  /** X.500 name of the node as far as it is known. */
  readonly node: string;
  /** RFC 3339. */
  readonly at: string;
  /** Name of the configuration file. */
  readonly config: string;
  /** Environment variables whose secrets are not in it. */
  readonly secretVariables: readonly string[];
  readonly files: readonly {
    readonly path: string;
    readonly mode: number;
    readonly size: number;
    readonly sha256: string;
  }[];
}

const MANIFEST = 'netmap-backup.json';
const CONTENT = 'files/';
const BLOCK = 512;
const OTHER = 'take another copy of the backup';

/** A tar file, zipped, that tar opens too: what the manifest says, then each file with its path. */
export function packBackup(head: Omit<Manifest, 'files' | 'format' | 'version'>, files: readonly BackupFile[]): Buffer {
  const listed = files.map(({ path, mode, bytes }) => ({ path, mode, size: bytes.length, sha256: sha256(bytes) }));
  const manifest: Manifest = { format: 'netmap-node-backup', version: 1, ...head, files: listed };
  const mtime = new Date(head.at);
  const blocks = [
    ...entry(MANIFEST, 0o600, Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`), mtime),
    ...files.flatMap(({ path, mode, bytes }) => entry(entryName(path), mode, bytes, mtime)),
  ];
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

/**
 * All of a backup, its digests checked.
 * @throws NodeBackupError (as a rejection) NODE_BACKUP_FORMAT or NODE_BACKUP_DAMAGED; `what` names the backup in it
 */
export async function unpackBackup(
  bytes: Buffer,
  what: string,
): Promise<{ readonly manifest: Manifest; readonly files: readonly BackupFile[] }> {
  const found = await entriesOf(bytes, what);
  const manifest = manifestOf(found.get(MANIFEST), what);
  const files = manifest.files.map(({ path, mode, size, sha256: digest }): BackupFile => {
    const content = found.get(entryName(path));
    if (content?.length !== size || sha256(content) !== digest) throw damaged(what, `${path} is not what was written`);
    return { path, mode, bytes: content };
  });
  if (found.size !== files.length + 1) throw damaged(what, 'it has more in it than was written');
  return { manifest, files };
}

function entryName(path: string): string {
  return `${CONTENT}${path.replace(/^\/+/, 'absolute/')}`;
}

function entry(path: string, mode: number, bytes: Buffer, mtime: Date): Buffer[] {
  const header = new Header({ path, mode, size: bytes.length, type: 'File', mtime });
  const block = Buffer.alloc(BLOCK);
  const isTooLong = header.encode(block);
  const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
  return [...(isTooLong ? [new Pax({ path }).encode()] : []), block, bytes, padding];
}

function entriesOf(bytes: Buffer, what: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(damaged(what, messageOf(error), error));
    const parser = new Parser({
      strict: true,
      onReadEntry(read) {
        const chunks: Buffer[] = [];
        read.on('data', (chunk: Buffer) => chunks.push(chunk));
        read.on('end', () => found.set(read.path, Buffer.concat(chunks)));
      },
    });
    parser.on('error', fail).on('end', () => resolve(found));
    try {
      parser.end(bytes);
    } catch (error) {
      fail(error);
    }
  });
}

function manifestOf(bytes: Buffer | undefined, what: string): Manifest {
  const foreign = (cause?: unknown): NodeBackupError => {
    const message = `${what} is no backup of a node, or one of a later version`;
    return new NodeBackupError('NODE_BACKUP_FORMAT', message, 'give a file that netmap backup has written', cause);
  };
  if (bytes === undefined) throw foreign();
  let value: Partial<Manifest>;
  try {
    value = JSON.parse(bytes.toString('utf8')) as Partial<Manifest>;
  } catch (error) {
    throw foreign(error);
  }
  const { format, version, files, config, secretVariables } = value;
  const isWhole = Array.isArray(files) && typeof config === 'string' && Array.isArray(secretVariables);
  if ((format as string) !== 'netmap-node-backup' || version !== 1 || !isWhole) throw foreign();
  return value as Manifest;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function damaged(what: string, why: string, cause?: unknown): NodeBackupError {
  return new NodeBackupError('NODE_BACKUP_DAMAGED', `the backup ${what} is damaged: ${why}`, OTHER, cause);
}
