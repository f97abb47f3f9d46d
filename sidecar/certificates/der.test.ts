import * as fc from 'fast-check';
import { children, DerError, readBitString, readCount, readDer, readOid, readTime, Tag } from './der';
import { der, derBits, derFlags, derInteger, derOid, derSequence, derSet, derTime } from './der-writer';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('DER', () => {
  it.each([
    ['indefinite length', '30800201010000'],
    ['length longer than needed', '0481017f'],
    ['length with a leading zero', '04820001ff'],
    ['high tag number', '1f2a0100'],
    ['cut inside the length', '3082'],
    ['cut inside the content', '300502'],
    ['bytes left over', '020101ff'],
    ['nothing', ''],
    ['a length of four gigabytes', '3084ffffffff00'],
  ])('refuses %s', (_, bytes) => {
    expect(() => readDer(hex(bytes))).toThrow(DerError);
  });

  it('reads what it writes, whatever the length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70_000 }), { maxLength: 3 }), (parts) => {
        const value = readDer(derSequence(...parts.map((part) => der(Tag.octetString, part))));
        expect(children(value).map((child) => Buffer.from(child.content).toString('hex'))).toEqual(
          parts.map((part) => Buffer.from(part).toString('hex')),
        );
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    '1.2.840.113549.1.1.11',
    '2.25.30086077608615255153862931087626791002',
    '0.9.2342.19200300.100.1.25',
    '2.999',
    '1.39',
  ])('keeps the object identifier %s', (oid) => {
    expect(readOid(readDer(derOid(oid)), 'it')).toBe(oid);
  });

  it.each(['1.40', '3.1', '1', '1.2.', '1.02', 'x'])('refuses the object identifier %j', (oid) => {
    expect(() => derOid(oid)).toThrow(DerError);
  });

  it.each(['0600', '06022a80', '060280 01'.replace(' ', '')])('refuses the object identifier %s', (bytes) => {
    expect(() => readOid(readDer(hex(bytes)), 'it')).toThrow(DerError);
  });

  it.each([
    ['170d3236313132313030303030305a', '2026-11-21T00:00:00Z'],
    ['170d3530303130313030303030305a', '1950-01-01T00:00:00Z'],
    ['180f33303236303131353132333435365a', '3026-01-15T12:34:56Z'],
  ])('reads and writes the time %s', (bytes, text) => {
    expect(readTime(readDer(hex(bytes)), 'it')).toBe(Date.parse(text));
    expect(Buffer.from(derTime(Date.parse(text))).toString('hex')).toBe(bytes);
  });

  it.each(['170d3236313332313030303030305a', '170d3236303233303030303030305a', '170b323631313231303030305a', '0c0161'])(
    'refuses the time %s',
    (bytes) => {
      expect(() => readTime(readDer(hex(bytes)), 'it')).toThrow(DerError);
    },
  );

  it('writes flags without trailing zeros, integers without a sign, sets in order', () => {
    expect(Buffer.from(derFlags([0, 5, 6])).toString('hex')).toBe('03020186');
    expect(Buffer.from(derFlags([])).toString('hex')).toBe('030100');
    expect(Buffer.from(derFlags([8])).toString('hex')).toBe('0303070080');
    expect(Buffer.from(derInteger(128)).toString('hex')).toBe('02020080');
    expect(Buffer.from(derInteger(0)).toString('hex')).toBe('020100');
    expect(Buffer.from(derSet(derInteger(2), derInteger(1))).toString('hex')).toBe('3106020101020102');
  });

  it('refuses negative counts, and bit strings with impossible padding', () => {
    expect(() => readCount(readDer(hex('0201ff')), 'it')).toThrow('it is out of range');
    expect(() => readBitString(readDer(hex('03020801')), 'it')).toThrow(DerError);
    expect(readBitString(readDer(derBits(hex('0102'))), 'it')).toEqual(hex('0102'));
  });
});
