import fc from 'fast-check';
import { readAmqpValue } from './amqp-reader';
import { amqpBinary, amqpInt, amqpList, amqpLong, amqpMap, amqpString, amqpToBuffer } from './amqp-writer';
import { CordaMap, CordaObject, type CordaValue } from './corda-value';
import { decodeCordaBlob } from './decode';
import { encodeCordaBlob } from './encode';
import { CordaBlobError } from './errors';
import { defaultBlobLimits } from './limits';

const object = (type: string, fields: Record<string, CordaValue>): CordaObject =>
  new CordaObject(type, new Map(Object.entries(fields)));
const hash = (fill: number): CordaObject =>
  object('net.corda.core.crypto.SecureHash$SHA256', { bytes: Buffer.alloc(32, fill) });
const map = (hashes: CordaValue, update: CordaValue = null): CordaObject =>
  object('net.corda.nodeapi.internal.network.NetworkMap', {
    networkParameterHash: hash(0),
    nodeInfoHashes: hashes,
    parametersUpdate: update,
  });
const address = (host: CordaValue, port: CordaValue): CordaObject =>
  object('net.corda.core.utilities.NetworkHostAndPort', { host, port });
const pair = (first: CordaValue, second: CordaValue): CordaObject => object('kotlin.Pair', { first, second });

describe('encodeCordaBlob', () => {
  it.each([0, 1, 2, 3, 4, 300])('writes a map of %d hashes', (count) => {
    const value = map(Array.from({ length: count }, (_, index) => hash(index % 256)));
    expect(decodeCordaBlob(encodeCordaBlob(value))).toEqual(value);
  });

  it('writes what it read to the same bytes, however much', () => {
    const bytes = encodeCordaBlob(map(Array.from({ length: 10_000 }, (_, index) => hash(index % 256))));
    const read = decodeCordaBlob(bytes);
    expect(read instanceof CordaObject && encodeCordaBlob(read).equals(bytes)).toBe(true);
  });

  it('describes only the classes that the object needs', () => {
    const text = encodeCordaBlob(address('localhost', 10_002)).toString('latin1');
    expect(text).toContain('net.corda.core.utilities.NetworkHostAndPort');
    expect(text).not.toContain('NodeInfo');
    expect(text).not.toContain('SecureHash');
  });

  it('writes the same object once, and refers to it where it stands again', () => {
    const [once, other] = [hash(1), hash(2)];
    const value = map([once, once, other, once]);
    expect(encodeCordaBlob(value)).toHaveLength(encodeCordaBlob(map([once, other])).length + 2 * 12);
    const read = decodeCordaBlob(encodeCordaBlob(value));
    expect(read).toEqual(value);
    const hashes = read instanceof CordaObject ? read.fields.get('nodeInfoHashes') : undefined;
    if (!Array.isArray(hashes)) throw new Error('no list');
    expect([hashes[1] === hashes[0], hashes[2] === hashes[0], hashes[3] === hashes[0]]).toEqual([true, false, true]);
  });

  it('writes text of any length and script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.integer(), (host, port) => {
        expect(decodeCordaBlob(encodeCordaBlob(address(host, port)))).toEqual(address(host, port));
      }),
    );
  });

  it.each<[string, CordaObject]>([
    ['a class that is not known', object('com.example.Other', {})],
    ['a name of every object', object('constructor', {})],
    ['an object without a field of its class', object('net.corda.core.utilities.NetworkHostAndPort', { host: 'a' })],
    ['nothing where something has to be', address(null, 1)],
    ['a number where text should be', address(1, 1)],
    ['text that is no Unicode', address('\ud800', 1)],
    ['a number beyond 32 bits', address('a', 2 ** 31)],
    ['a number that is no integer', address('a', 1.5)],
    ['a bigint for an int', address('a', 1n)],
    ['an object where a list should be', map(hash(1))],
    ['a map where a list should be', map(new CordaMap([]))],
    ['text as an object', pair('a', [])],
    ['a long beyond 64 bits', object('java.time.Instant', { epochSeconds: 2n ** 63n, nanos: 0 })],
  ])('refuses %s', (_name, value) => {
    let error: unknown;
    try {
      encodeCordaBlob(value);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CordaBlobError);
    expect((error as CordaBlobError).code).toBe('CORDA_BLOB_NOT_WRITABLE');
  });
});

describe('AMQP values', () => {
  const head = (value: ReturnType<typeof amqpInt>, bytes = 1): string =>
    amqpToBuffer(value, Buffer.alloc(0)).toString('hex', 0, bytes);

  // As measured with the library that Corda uses.
  it.each<[string, string, string]>([
    ['the greatest int in one byte', head(amqpInt(127)), '54'],
    ['the least int in one byte', head(amqpInt(-128), 2), '5480'],
    ['an int above', head(amqpInt(128), 5), '7100000080'],
    ['an int below', head(amqpInt(-129), 5), '71ffffff7f'],
    ['a long in one byte', head(amqpLong(-1n), 2), '55ff'],
    ['a long', head(amqpLong(2n ** 63n - 1n), 9), '817fffffffffffffff'],
    ['the longest short text', head(amqpString('x'.repeat(255)), 2), 'a1ff'],
    ['a long text', head(amqpString('x'.repeat(256)), 5), 'b100000100'],
    ['long bytes', head(amqpBinary(Buffer.alloc(256)), 5), 'b000000100'],
    ['the empty list', head(amqpList([])), '45'],
    ['the empty map', head(amqpMap([]), 3), 'c10100'],
    ['the longest short list', head(amqpList([amqpBinary(Buffer.alloc(252))]), 3), 'c0ff01'],
    ['a long list', head(amqpList([amqpBinary(Buffer.alloc(253))]), 9), 'd00000010300000001'],
    ['a long map', head(amqpMap([amqpInt(1), amqpBinary(Buffer.alloc(253))]), 9), 'd10000010500000002'],
  ])('%s', (_name, written, expected) => {
    expect(written).toBe(expected);
  });

  it('are read back', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 300 }), (numbers) => {
        const bytes = amqpToBuffer(amqpList(numbers.map(amqpLong)), Buffer.alloc(0));
        expect(readAmqpValue(bytes, defaultBlobLimits)).toEqual(numbers);
      }),
    );
  });
});
