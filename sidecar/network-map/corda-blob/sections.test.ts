import { deflateSync } from 'node:zlib';
import { buf as crc32c } from 'crc-32/crc32c';
import { compress } from 'snappyjs';
import { CordaBlobError } from './errors';
import { defaultBlobLimits } from './limits';
import { openSections } from './sections';

const header = Buffer.from('636f7264610100', 'hex');
const identifier = Buffer.from('ff060000734e61507059', 'hex');

function frame(type: number, content: Buffer, body = content): Buffer {
  const sum = crc32c(content) >>> 0;
  const masked = (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
  const head = Buffer.alloc(8);
  head.writeUInt8(type, 0);
  head.writeUIntLE(body.length + 4, 1, 3);
  head.writeUInt32LE(masked, 4);
  return Buffer.concat([head, body]);
}

const deflated = (data: Buffer): Buffer => Buffer.concat([header, Buffer.from([2, 0]), deflateSync(data)]);
const snappy = (...frames: Buffer[]): Buffer => Buffer.concat([header, Buffer.from([2, 1]), ...frames]);
const open = (blob: Buffer, maxBytes = 1_000_000): Buffer => openSections(blob, { ...defaultBlobLimits, maxBytes });

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CordaBlobError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('openSections', () => {
  const content = Buffer.from([0, ...Buffer.from('content '.repeat(20))]);
  const compressed = frame(0, content, compress(content));

  it.each([
    ['plain', Buffer.concat([header, content])],
    ['alternative data', Buffer.concat([header, Buffer.from([1]), content.subarray(1)])],
    ['deflated', deflated(content)],
    ['Snappy', snappy(identifier, compressed)],
    ['Snappy, stored frames', snappy(identifier, frame(1, content.subarray(0, 9)), frame(1, content.subarray(9)))],
    [
      'Snappy, padding and a second identifier',
      snappy(identifier, frame(0xfe, Buffer.alloc(9)), identifier, compressed),
    ],
  ])('opens a blob: %s', (_name, blob) => {
    expect(open(blob)).toEqual(content.subarray(1));
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['another magic', Buffer.from('kryo\0\0\0\0\0')],
    ['another version', Buffer.from('636f726461020000', 'hex')],
    ['a header alone', header],
    ['an unknown section', Buffer.concat([header, Buffer.from([3, 0])])],
    ['an unknown encoding', Buffer.concat([header, Buffer.from([2, 7, 0])])],
    ['an encoding that is cut off', Buffer.concat([header, Buffer.from([2])])],
    ['an encoding within an encoding', deflated(Buffer.concat([Buffer.from([2, 0]), deflateSync(content)]))],
  ])('refuses %s', (_name, blob) => {
    expect(codeOf(() => open(blob))).toBe('CORDA_BLOB_HEADER');
  });

  const wrongSum = Buffer.from(compressed);
  wrongSum.writeUInt8(wrongSum.readUInt8(4) ^ 1, 4);

  it.each([
    ['deflated data that is damaged', deflated(content).fill(0xff, 12)],
    ['deflated data that is cut off', deflated(content).subarray(0, -6)],
    ['bytes after the deflated data', Buffer.concat([deflated(content), Buffer.from([0])])],
    ['Snappy without an identifier', snappy(compressed)],
    ['a wrong identifier', snappy(Buffer.from('ff060000734e61507058', 'hex'))],
    ['a frame header that is cut off', snappy(identifier, compressed.subarray(0, 3))],
    ['a frame that is cut off', snappy(identifier, compressed.subarray(0, -1))],
    ['a frame too short for a checksum', snappy(identifier, Buffer.from('01020000ffff', 'hex'))],
    ['a wrong checksum', snappy(identifier, wrongSum)],
    ['a frame that must be understood', snappy(identifier, frame(2, content))],
    ['a frame that is not Snappy', snappy(identifier, frame(0, content, Buffer.from([0x7f, 0xff, 0xff])))],
    ['a frame that is too long', snappy(identifier, frame(1, Buffer.alloc(65_537)))],
  ])('refuses %s', (_name, blob) => {
    expect(codeOf(() => open(blob))).toBe('CORDA_BLOB_ENCODING');
  });

  it('refuses what is too large, before and after it is opened', () => {
    const bomb = Buffer.alloc(100_000);
    expect(codeOf(() => open(Buffer.concat([header, bomb]), 1_000))).toBe('CORDA_BLOB_TOO_LARGE');
    expect(codeOf(() => open(deflated(bomb), 1_000))).toBe('CORDA_BLOB_TOO_LARGE');
    const part = bomb.subarray(0, 50_000);
    const frames = Array.from({ length: 3 }, () => frame(0, part, compress(part)));
    expect(codeOf(() => open(snappy(identifier, ...frames), 60_000))).toBe('CORDA_BLOB_TOO_LARGE');
  });
});
