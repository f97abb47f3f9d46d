import { buf as crc32c } from 'crc-32/crc32c';
import { CordaBlobError } from './errors';
import { decompressSnappyBlock, SnappyBlockError } from './snappy-block';

const streamIdentifier = Buffer.from('sNaPpY');
/** The framing format allows no more in one frame. */
const maxFrameBytes = 65_536;

const frame = { compressed: 0x00, uncompressed: 0x01, firstSkippable: 0x80, identifier: 0xff } as const;

/**
 * The content of a Snappy stream in the framed format, each frame checked against its CRC-32C.
 * @throws CordaBlobError CORDA_BLOB_ENCODING, or CORDA_BLOB_TOO_LARGE when it holds more than `maxBytes` bytes
 */
export function unframeSnappy(stream: Uint8Array, maxBytes: number): Buffer {
  const bytes = Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength);
  const parts: Buffer[] = [];
  let total = 0;
  for (let position = 0; position < bytes.length;) {
    if (bytes.length - position < 4) throw damaged(`a frame header is cut off at byte ${position}`);
    const type = bytes.readUInt8(position);
    const length = bytes.readUIntLE(position + 1, 3);
    const body = bytes.subarray(position + 4, position + 4 + length);
    if (body.length < length) throw damaged(`the frame at byte ${position} is cut off`);
    if (position === 0 && type !== frame.identifier) throw damaged('the stream identifier is missing');
    if (type === frame.identifier) {
      if (!body.equals(streamIdentifier)) throw damaged(`a wrong stream identifier at byte ${position}`);
    } else if (type === frame.compressed || type === frame.uncompressed) {
      const part = contentOf(body, type === frame.compressed, position);
      total += part.length;
      if (total > maxBytes) {
        throw new CordaBlobError('CORDA_BLOB_TOO_LARGE', `The Snappy section holds more than ${maxBytes} bytes`);
      }
      parts.push(part);
    } else if (type < frame.firstSkippable) {
      throw damaged(`frame type 0x${type.toString(16)} at byte ${position} is not known`);
    }
    position += 4 + length;
  }
  return Buffer.concat(parts);
}

function contentOf(body: Buffer, compressed: boolean, position: number): Buffer {
  if (body.length < 4) throw damaged(`the frame at byte ${position} has no checksum`);
  const content = compressed ? decompress(body.subarray(4), position) : body.subarray(4);
  if (content.length > maxFrameBytes) throw damaged(`the frame at byte ${position} is too long`);
  if (maskedChecksum(content) !== body.readUInt32LE(0)) {
    throw damaged(`the checksum of the frame at byte ${position} is wrong`);
  }
  return content;
}

function decompress(body: Buffer, position: number): Buffer {
  try {
    return decompressSnappyBlock(body, maxFrameBytes);
  } catch (cause) {
    if (!(cause instanceof SnappyBlockError)) throw cause;
    throw damaged(`the frame at byte ${position} is not Snappy: ${cause.message}`, cause);
  }
}

/** The framing format stores checksums rotated and shifted, so that data with checksums in it has good ones too. */
function maskedChecksum(content: Uint8Array): number {
  const sum = crc32c(content) >>> 0;
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

function damaged(reason: string, cause?: unknown): CordaBlobError {
  return new CordaBlobError('CORDA_BLOB_ENCODING', `The Snappy section is damaged: ${reason}`, cause);
}
