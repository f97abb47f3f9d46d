import { crc32 } from 'node:zlib';
import { fromBufferPromise } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { messageOf } from '../lib/errors';
import { AuthorityError } from './authority-error';
import type { ZipErrorCode } from './authority-error';
import { checkName, NameRegister } from './zip-names';

export interface ZipLimits {
  readonly entries: number;
  /** Of the archive itself. */
  readonly packedBytes: number;
  /** Of all files together, unpacked. */
  readonly bytes: number;
}

export interface ZipFileContent {
  /** With slashes, relative, without "." and "..". */
  readonly path: string;
  readonly content: Buffer;
}

/** Deflate reaches about a thousand; texts, which is what info bundles hold, stay far below. */
const MOST_RATIO = 100;
const RATIO_FREE_BYTES = 16 * 1024;
const STORED = 0;
const DEFLATED = 8;
const FILE_TYPE = 0o170000;
const PLAIN_FILE = 0o100000;
const FOLDER = 0o040000;
const UNICODE_PATH = 0x7075;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The files of a zip archive in its order, folders left out; nothing is written anywhere. `where` names the archive in
 * errors. Throws AuthorityError ZIP_….
 */
export async function readZip(bytes: Uint8Array, where: string, limits: ZipLimits): Promise<ZipFileContent[]> {
  const reader = new ZipReader(where, limits);
  try {
    return await reader.read(Buffer.from(bytes));
  } catch (cause) {
    if (cause instanceof AuthorityError) throw cause;
    throw reader.refuse('ZIP_INVALID', `not a zip file, or a damaged one: ${messageOf(cause)}`, cause);
  }
}

class ZipReader {
  private left: number;
  private readonly names: NameRegister;

  constructor(
    private readonly where: string,
    private readonly limits: ZipLimits,
  ) {
    this.left = limits.bytes;
    this.names = new NameRegister(where);
  }

  async read(bytes: Buffer): Promise<ZipFileContent[]> {
    const { packedBytes, entries } = this.limits;
    if (bytes.length > packedBytes) throw this.refuse('ZIP_LIMIT', `it has more than ${packedBytes} bytes`);
    // The library's own look at names would give its own errors: ours are stricter.
    const zip = await fromBufferPromise(bytes, { lazyEntries: true, decodeStrings: false, validateEntrySizes: true });
    if (zip.entryCount > entries) throw this.refuse('ZIP_LIMIT', `it has more than ${entries} entries`);
    const found: Entry[] = [];
    for await (const entry of zip.eachEntry()) found.push(entry);
    const named = found.map((entry) => ({ entry, path: this.nameOf(entry) }));
    const files: ZipFileContent[] = [];
    for (const { entry, path } of named) {
      this.check(entry, path);
      const content = await this.contentOf(zip, entry, path);
      if (!path.endsWith('/')) files.push({ path, content });
    }
    return files;
  }

  private nameOf(entry: Entry): string {
    const path = this.decoded(entry.fileNameRaw);
    // Info-ZIP's second spelling of a name, with a version and a checksum in front.
    const second = entry.extraFields.find(({ id }) => id === UNICODE_PATH);
    if (second !== undefined && this.decoded(second.data.subarray(5)) !== path) {
      throw this.refuse('ZIP_NAME', `${JSON.stringify(path)} has another name as well`);
    }
    checkName(path, this.where);
    this.names.add(path);
    return path;
  }

  private decoded(name: Uint8Array): string {
    try {
      return utf8.decode(name);
    } catch (cause) {
      throw this.refuse('ZIP_NAME', 'it holds a name that is not UTF-8', cause);
    }
  }

  private check(entry: Entry, path: string): void {
    const name = JSON.stringify(path);
    if (entry.isEncrypted()) throw this.refuse('ZIP_ENCRYPTED', `${name} is encrypted`);
    const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
    const isFolder = path.endsWith('/');
    if (type !== 0 && type !== (isFolder ? FOLDER : PLAIN_FILE)) {
      throw this.refuse('ZIP_FILE_TYPE', `${name} is a link, or of another kind than its name says`);
    }
    if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
      throw this.refuse('ZIP_COMPRESSION', `${name} is compressed by method ${entry.compressionMethod}`);
    }
    const { compressedSize, uncompressedSize } = entry;
    if (isFolder && uncompressedSize > 0) throw this.refuse('ZIP_INVALID', `the folder ${name} holds bytes`);
    this.left -= uncompressedSize;
    if (this.left < 0) throw this.refuse('ZIP_LIMIT', `its files have more than ${this.limits.bytes} bytes`);
    if (uncompressedSize > RATIO_FREE_BYTES && uncompressedSize > MOST_RATIO * compressedSize) {
      throw this.refuse('ZIP_LIMIT', `${name} is compressed more than ${MOST_RATIO} times`);
    }
  }

  /** The size that the directory states is kept by the library: more or fewer bytes are an error. */
  private async contentOf(zip: ZipFile, entry: Entry, path: string): Promise<Buffer> {
    const header = await zip.readLocalFileHeaderPromise(entry, { minimal: false });
    if (!header.fileName.equals(entry.fileNameRaw)) {
      throw this.refuse('ZIP_INVALID', `${JSON.stringify(path)} has another name where its content lies`);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    const content = Buffer.concat(chunks);
    if (crc32(content) === entry.crc32) return content;
    throw this.refuse('ZIP_CHECKSUM', `the content of ${JSON.stringify(path)} does not fit its checksum`);
  }

  refuse(code: ZipErrorCode, why: string, cause?: unknown): AuthorityError {
    return new AuthorityError(code, `${this.where}: ${why}`, {
      remedy: 'ask who made it to make and send it again',
      cause,
    });
  }
}
