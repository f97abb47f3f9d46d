import * as fc from 'fast-check';
import { compress } from 'snappyjs';
import { decompressSnappyBlock, SnappyBlockError } from './snappy-block';

const decompress = (hex: string): Buffer => decompressSnappyBlock(Buffer.from(hex.replace(/ /g, ''), 'hex'), 65_536);

describe('decompressSnappyBlock', () => {
  it('gives back what a Snappy library compressed', () => {
    const repetitive = fc
      .array(fc.constantFrom('corda', 'O=Alice', 'O=Bob', 'x', 'yz'), { maxLength: 3_000 })
      .map((parts) => Buffer.from(parts.join('')));
    const random = fc.uint8Array({ maxLength: 5_000 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(repetitive, random), (content) => {
        expect(decompressSnappyBlock(compress(content), 65_536).equals(content)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['00', 'nothing', ''],
    ['03 08 616263', 'a literal', 'abc'],
    ['03 f0 02 616263', 'a literal with its length in a byte', 'abc'],
    ['03 fc 02000000 616263', 'a literal with its length in four bytes', 'abc'],
    ['06 04 6162 01 02', 'a copy that runs into itself', 'ababab'],
    ['04 04 6162 06 0200', 'a copy with an offset of two bytes', 'abab'],
    ['04 04 6162 07 02000000', 'a copy with an offset of four bytes', 'abab'],
  ])('reads %s (%s)', (hex, _name, expected) => {
    expect(decompress(hex).toString()).toBe(expected);
  });

  it.each([
    ['', 'no length'],
    ['ffffffffffffffffff', 'a length without end'],
    ['808004', 'a length of more than the limit'],
    ['03 08 6162', 'a literal that is cut off'],
    ['03 f4 02', 'a length that is cut off'],
    ['03 fc ffffffff 616263', 'a literal of 4 GiB'],
    ['03 fc fdffffff 616263', 'a literal whose length is negative where it is taken for signed'],
    ['02 08 616263', 'more than it says'],
    ['04 08 616263', 'less than it says'],
    ['06 04 6162 01 00', 'a copy of itself'],
    ['06 04 6162 01 03', 'a copy from before the content'],
    ['04 04 6162 07 ffffffff', 'a copy from 4 GiB before'],
    ['05 04 6162 01 02', 'a copy that goes beyond what it says'],
  ])('refuses %s (%s)', (hex) => {
    expect(() => decompress(hex)).toThrow(SnappyBlockError);
  });
});
