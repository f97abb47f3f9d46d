import { inflateSync } from 'node:zlib';
import { CordaBlobError } from './errors';
import type { BlobLimits } from './limits';
import { unframeSnappy } from './snappy-framed';

/** What every blob starts with: name and version of the format. */
export const magic = Buffer.from([...Buffer.from('corda'), 1, 0]);

/** What the byte after it, and after an encoding, says of the bytes that follow. */
export const section = { data: 0, alternativeData: 1, encoding: 2 } as const;
const encoding = { deflate: 0, snappy: 1 } as const;

/** Whether bytes start as a blob does; nothing else is looked at. */
export function isCordaBlob(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, magic.length), magic) === 0;
}

/**
 * The AMQP bytes of a blob: header and section ids checked and taken off, at most one compressed section opened.
 * @throws CordaBlobError CORDA_BLOB_HEADER, CORDA_BLOB_ENCODING or CORDA_BLOB_TOO_LARGE
 */
export function openSections(blob: Uint8Array, limits: BlobLimits): Buffer {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length > limits.maxBytes) {
    throw new CordaBlobError(
      'CORDA_BLOB_TOO_LARGE',
      `The blob has ${bytes.length} bytes, of at most ${limits.maxBytes}`,
    );
  }
  if (!isCordaBlob(bytes)) {
    throw new CordaBlobError(
      'CORDA_BLOB_HEADER',
      'The bytes do not start with the header of Corda serialization, version 1.0',
    );
  }
  const rest = bytes.subarray(magic.length);
  if (rest[0] !== section.encoding) return dataOf(rest);
  return dataOf(decompress(rest[1], rest.subarray(2), limits.maxBytes));
}

function dataOf(bytes: Buffer): Buffer {
  const id = bytes[0];
  if (id === section.data || id === section.alternativeData) return bytes.subarray(1);
  throw new CordaBlobError(
    'CORDA_BLOB_HEADER',
    id === undefined ? 'The blob ends before its data' : `Section ${id} is not a data section`,
  );
}

function decompress(kind: number | undefined, bytes: Buffer, maxBytes: number): Buffer {
  if (kind === encoding.deflate) return inflate(bytes, maxBytes);
  if (kind === encoding.snappy) return unframeSnappy(bytes, maxBytes);
  throw new CordaBlobError(
    'CORDA_BLOB_HEADER',
    kind === undefined ? 'The blob ends before its encoding' : `Encoding ${kind} is not known`,
  );
}

function inflate(bytes: Buffer, maxBytes: number): Buffer {
  let inflated: InflateInfo;
  try {
    inflated = inflateSync(bytes, { maxOutputLength: maxBytes, info: true }) as unknown as InflateInfo;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new CordaBlobError('CORDA_BLOB_TOO_LARGE', `The deflated section holds more than ${maxBytes} bytes`, cause);
    }
    throw new CordaBlobError('CORDA_BLOB_ENCODING', 'The deflated section is damaged', cause);
  }
  const surplus = bytes.length - inflated.engine.bytesWritten;
  if (surplus === 0) return inflated.buffer;
  throw new CordaBlobError('CORDA_BLOB_ENCODING', `${surplus} bytes follow the deflated section`);
}

/** What zlib gives where `info` is asked for, which its typings leave out; `bytesWritten` counts the input that it used. */
interface InflateInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
