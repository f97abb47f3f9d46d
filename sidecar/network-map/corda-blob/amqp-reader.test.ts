import * as fc from 'fast-check';
import { types, type Typed } from 'rhea';
import { AmqpMap, Described, type AmqpValue } from './amqp-value';
import { readAmqpValue } from './amqp-reader';
import { CordaBlobError } from './errors';
import { defaultBlobLimits } from './limits';

/** The AMQP library's own writer, which its typings leave out. */
interface Writer {
  write(value: Typed): void;
  toBuffer(): Buffer;
}
const { Writer: AmqpWriter } = types as unknown as { Writer: new () => Writer };

function written(value: Typed): Buffer {
  const writer = new AmqpWriter();
  writer.write(value);
  return Buffer.from(writer.toBuffer());
}

const read = (bytes: Buffer, limits = {}): AmqpValue => readAmqpValue(bytes, { ...defaultBlobLimits, ...limits });
const readHex = (hex: string): AmqpValue => read(Buffer.from(hex.replace(/ /g, ''), 'hex'));

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CordaBlobError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('readAmqpValue', () => {
  it.each<[string, string, AmqpValue]>([
    ['40', 'null', null],
    ['41', 'true', true],
    ['42', 'false', false],
    ['56 01', 'a boolean in a byte', true],
    ['50 ff', 'ubyte', 255],
    ['51 ff', 'byte', -1],
    ['60 ffff', 'ushort', 65535],
    ['61 fffe', 'short', -2],
    ['43', 'uint 0', 0],
    ['52 ff', 'small uint', 255],
    ['70 ffffffff', 'uint', 4294967295],
    ['54 80', 'small int', -128],
    ['71 80000000', 'int', -2147483648],
    ['44', 'ulong 0', 0n],
    ['53 ff', 'small ulong', 255n],
    ['80 ffffffffffffffff', 'ulong', 18446744073709551615n],
    ['55 ff', 'small long', -1n],
    ['81 8000000000000000', 'long', -9223372036854775808n],
    ['81 0020000000000001', 'a long beyond what a number holds', 9007199254740993n],
    ['83 0000018bcfe56800', 'timestamp', 1700000000000n],
    ['72 3f800000', 'float', 1],
    ['82 3ff8000000000000', 'double', 1.5],
    ['73 0001f600', 'char', '😀'],
    ['98 00112233445566778899aabbccddeeff', 'uuid', '00112233-4455-6677-8899-aabbccddeeff'],
    ['a1 02 c3bc', 'string', 'ü'],
    ['a3 03 616263', 'symbol', 'abc'],
    ['45', 'empty list', []],
    ['c0 03 02 41 42', 'list', [true, false]],
    ['e0 05 03 50 01 02 03', 'array', [1, 2, 3]],
    ['e0 02 03 40', 'array of nulls, which take no bytes', [null, null, null]],
  ])('reads %s (%s)', (hex, _name, expected) => {
    expect(readHex(hex)).toEqual(expected);
  });

  it('reads bytes, maps and described values', () => {
    expect(readHex('a0 02 0102')).toEqual(Buffer.from([1, 2]));
    expect(readHex('c1 05 02 a1 01 61 41')).toEqual(new AmqpMap([['a', true]]));
    expect(readHex('00 53 07 41')).toEqual(new Described(7n, true));
    expect(readHex('00 a3 01 61 41')).toEqual(new Described('a', true));
  });

  it('reads what an AMQP library writes', () => {
    const leaf = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }).map((text) => [types.wrap_string(text), text] as const),
      fc
        .uint8Array({ maxLength: 300 })
        .map((bytes) => [types.wrap_binary(Buffer.from(bytes)), Buffer.from(bytes)] as const),
      fc.integer().map((value) => [types.wrap_int(value), value] as const),
      fc.maxSafeInteger().map((value) => [types.wrap_long(value), BigInt(value)] as const),
      fc.boolean().map((value) => [types.wrap_boolean(value), value] as const),
    );
    fc.assert(
      fc.property(fc.array(fc.array(leaf, { maxLength: 8 }), { maxLength: 8 }), (lists) => {
        const value = types.wrap_list(lists.map((list) => types.wrap_list(list.map(([typed]) => typed))));
        expect(read(written(value))).toEqual(lists.map((list) => list.map(([, plain]) => plain)));
      }),
    );
  });

  it.each([
    ['', 'nothing'],
    ['71 0000', 'a cut-off int'],
    ['a1 05 6162', 'a cut-off string'],
    ['b0 ffffffff', 'bytes that would be 4 GiB'],
    ['a1 01 ff', 'a string that is not UTF-8'],
    ['56 02', 'a boolean of 2'],
    ['73 00110000', 'a character beyond Unicode'],
    ['99', 'an unknown type code'],
    ['74 00000000', 'a decimal'],
    ['40 40', 'bytes after the value'],
    ['c0 02 02 41 42', 'a list that is longer than its size'],
    ['c0 04 02 41 42 43', 'a list that is shorter than its size'],
    ['d0 ffffffff 00000001 40', 'a list that would be 4 GiB'],
    ['c1 02 01 41', 'a map with a key alone'],
    ['e0 03 01 00 53', 'an array of described values'],
    ['00 41 40', 'a descriptor that is no symbol or number'],
  ])('refuses %s (%s)', (hex) => {
    expect(codeOf(() => readHex(hex))).toBe('CORDA_BLOB_AMQP');
  });

  it('refuses lists without end before it builds them', () => {
    expect(codeOf(() => readHex('f0 00000005 ffffffff 40'))).toBe('CORDA_BLOB_TOO_LARGE');
    expect(codeOf(() => readHex('d0 00000005 ffffffff 40'))).toBe('CORDA_BLOB_AMQP');
  });

  it.each([
    ['lists', Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from('d0000000ff00000001', 'hex')))],
    ['descriptors', Buffer.alloc(1_000_000)],
    ['arrays', Buffer.from('f0000fffff00000001'.repeat(100_000), 'hex')],
  ])('refuses nesting without end: %s', (_name, bytes) => {
    expect(codeOf(() => read(bytes))).toMatch(/^CORDA_BLOB_(TOO_LARGE|AMQP)$/);
  });

  it('counts values, those of arrays included', () => {
    expect(codeOf(() => read(Buffer.from('c00302 4142'.replace(' ', ''), 'hex'), { maxValues: 3 }))).toBe('no error');
    expect(codeOf(() => read(Buffer.from('c003024142', 'hex'), { maxValues: 2 }))).toBe('CORDA_BLOB_TOO_LARGE');
    expect(codeOf(() => read(Buffer.from('e0020340', 'hex'), { maxValues: 3 }))).toBe('CORDA_BLOB_TOO_LARGE');
  });
});
