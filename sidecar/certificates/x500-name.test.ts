import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { X500Name } from './x500-name';
import { X500NameError } from './x500-name-error';

interface GoldenName {
  der: string;
  /** What Java 17 prints for it. */
  java: string;
  rfc4514: string;
}

const golden = JSON.parse(
  readFileSync(join(__dirname, '../../test/fixtures/names/java-names.json'), 'utf8'),
) as GoldenName[];

const TYPES = [
  'CN',
  'O',
  'OU',
  'L',
  'ST',
  'C',
  'serialNumber',
  'emailAddress',
  'DC',
  'UID',
  'title',
  'STREET',
  '2.5.4.97',
  '1.3.6.1.4.1.9999.7',
];
const SPECIAL = [...Array.from(', +"\\#=;<>\n\t\0é中😀'), '  ', '\\41', '#05', '"x"', 'CN='];
const value = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...SPECIAL), fc.string({ maxLength: 3 })), { maxLength: 6 })
    .map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme' }),
);
const attributes = fc.array(fc.record({ type: fc.constantFrom(...TYPES), value }), { minLength: 1, maxLength: 6 });

const errorOf = (act: () => unknown): X500NameError => {
  try {
    act();
  } catch (error) {
    if (error instanceof X500NameError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('X500Name', () => {
  it.each(golden)('prints $java as Java does', ({ der, java, rfc4514 }) => {
    const name = X500Name.fromDer(Buffer.from(der, 'hex'));
    expect(name.toJava()).toBe(java);
    expect(name.toRfc4514()).toBe(rfc4514);
    expect(Buffer.from(name.toDer()).toString('hex')).toBe(der);
  });

  it('is equal to itself after a trip through RFC 4514 and through DER', () => {
    fc.assert(
      fc.property(attributes, (list) => {
        const name = X500Name.of(list);
        expect(X500Name.parse(name.toRfc4514()).toRfc4514()).toBe(name.toRfc4514());
        expect(X500Name.fromDer(name.toDer()).key()).toBe(name.key());
        expect(X500Name.fromDer(name.toDer()).toJava()).toBe(name.toJava());
      }),
    );
  });

  it("is equal to itself after a trip through Corda's and Java's spelling", () => {
    // Java prints a value with quotation marks at both ends as if it had been quoted: there is no way back from that.
    const plain = attributes.filter((list) => list.every((one) => !/^".*"$/s.test(one.value)));
    fc.assert(
      fc.property(plain, (list) => {
        const name = X500Name.of(list);
        expect(X500Name.parse(name.toJava()).toJava()).toBe(name.toJava());
        expect(X500Name.parse(name.toCorda()).equals(name)).toBe(true);
      }),
    );
  });

  it.each([
    ["Corda's order", 'O=Bob Plc, L=Rome, C=IT', 'C=IT, O=Bob Plc, L=Rome'],
    ['letter case', 'O=Bob Plc, L=Rome, C=IT', 'o=BOB PLC, l=rome, c=it'],
    ['runs of spaces', 'O=Bob Plc,C=IT', 'O=  Bob   Plc  ,  C=IT'],
    ['quoting', 'O="Bob, Plc",C=IT', 'O=Bob\\, Plc,C=IT'],
    ['escaped bytes', 'O=S\\C3\\B6hne', 'O=Söhne'],
    ['another spelling of the type', 'O=x,serialNumber=1', 'OID.2.5.4.10=x, SERIALNUMBER=1'],
    ['a value given as DER', 'O=ab', '2.5.4.10=#0c026162'],
    ['steps with several attributes', 'CN=a+O=b', 'CN=a,O=b'],
    ['compatibility characters', 'O=ﬁ', 'O=fi'],
  ])('does not mind %s', (_, one, other) => {
    expect(X500Name.parse(one).equals(X500Name.parse(other))).toBe(true);
    expect(X500Name.parse(one).key()).toBe(X500Name.parse(other).key());
  });

  it.each([
    ['another value', 'O=Bob', 'O=Rob'],
    ['another type', 'O=Bob', 'OU=Bob'],
    ['an attribute more', 'O=Bob', 'O=Bob,C=IT'],
    ['an attribute twice', 'O=Bob', 'O=Bob,O=Bob'],
    ['an accent', 'O=Söhne', 'O=Sohne'],
    ['a value that looks like two attributes', 'O=a\\,2.5.4.6=b', 'O=a,C=b'],
    ['text and its bytes', 'O=ab', 'O=#04026162'],
  ])('tells apart %s', (_, one, other) => {
    expect(X500Name.parse(one).equals(X500Name.parse(other))).toBe(false);
  });

  it("writes Corda's order whatever the certificate's", () => {
    const name = X500Name.parse(
      'C=DE, ST=Bavaria, L=München, O=Carol Söhne GmbH, OU=Treasury & Markets, CN=carol-node',
    );
    expect(name.toCorda()).toBe(
      'CN=carol-node, OU=Treasury & Markets, O=Carol Söhne GmbH, L=München, ST=Bavaria, C=DE',
    );
    expect(name.toJava()).toBe('C=DE, ST=Bavaria, L=München, O=Carol Söhne GmbH, OU=Treasury & Markets, CN=carol-node');
    expect(X500Name.parse('UID=7, C=IT, O="Bob, Plc", L=Rome').toCorda()).toBe('O="Bob, Plc", L=Rome, C=IT, UID=7');
  });

  it('finds values by any name of their type', () => {
    const name = X500Name.parse('SERIALNUMBER=1234abcd, OU=Accounting Authorities, O=Swaptacular Nodes Registry');
    expect(name.valuesOf('serialNumber')).toEqual(['1234abcd']);
    expect(name.valuesOf('2.5.4.11')).toEqual(['Accounting Authorities']);
    expect(name.valuesOf('CN')).toEqual([]);
  });

  it('compares steps in certificate order for chains and constraints', () => {
    const bob = X500Name.parse('O=Bob Plc, L=Rome, C=IT');
    expect(X500Name.parse('CN=x, O=bob plc, L=Rome, C=IT').isWithin(bob)).toBe(true);
    expect(bob.isWithin(bob)).toBe(true);
    expect(bob.isWithin(X500Name.parse('CN=x, O=Bob Plc, L=Rome, C=IT'))).toBe(false);
    expect(X500Name.parse('C=IT, L=Rome, O=Bob Plc').isWithin(bob)).toBe(false);
    expect(X500Name.parse('C=IT, L=Rome, O=Bob Plc').matches(bob)).toBe(false);
    expect(X500Name.parse('CN=x, O=Bob Plc, L=Rome, C=IT').matches(bob)).toBe(false);
  });

  it.each([
    ['', 1, 'an attribute such as O=… must stand here'],
    ['O', 2, '"=" must follow O'],
    ['O=a,', 5, 'an attribute such as'],
    ['O=a;C=b', 4, '; must be written as \\;'],
    ['O="a', 5, 'a quotation mark is not closed'],
    ['O="a" b', 7, 'nothing may follow'],
    ['O=#1', 3, 'pairs of hexadecimal digits'],
    ['O=a\\x', 5, 'a backslash must stand before'],
    ['O=\\FF', 6, 'the escaped bytes are not UTF-8'],
    ['XYZ=a', 1, '"XYZ" is not a known attribute'],
    ['9.9.9=a', 1, '"9.9.9" is not a known attribute'],
    ['O=#0c', 1, 'the bytes end inside a value'],
    ['O=#0c02c328', 1, 'is not a valid string of its type'],
    ['O=a\ud800', 4, 'half a character'],
  ])('refuses %j', (text, position, reason) => {
    const error = errorOf(() => X500Name.parse(text));
    expect(error.code).toBe('X500_NAME_SYNTAX');
    expect(error.message).toContain(`is wrong at character ${position}: `);
    expect(error.message).toContain(reason);
  });

  it.each([
    ['not a sequence', '3100'],
    ['an empty step', '30023100'],
    ['a cut value', '300c310a3008060355040a0c0578'],
    ['three parts in an attribute', '300e310c300a060355040a0c01610500'],
    ['UTF-8 that is none', '300d310b3009060355040a0c02c328'],
    ['half of a UTF-16 pair', '300d310b3009060355040a1e02d800'],
    ['an odd number of bytes in UTF-16', '300e310c300a060355040a1e03004100'],
    ['a PrintableString beyond ASCII', '300c310a3008060355040a1301e4'],
    ['UTF-32 beyond Unicode', '300f310d300b060355040a1c0400110000'],
  ])('refuses bytes with %s', (_, der) => {
    expect(errorOf(() => X500Name.fromDer(Buffer.from(der, 'hex'))).code).toBe('X500_NAME_ENCODING');
  });

  it('answers any text and any bytes with a name or an X500NameError, never anything else', () => {
    const pieces = fc.constantFrom(
      'O',
      'CN',
      '=',
      ',',
      '+',
      '"',
      '\\',
      '#',
      '0c',
      ' ',
      'é',
      '2.5',
      '.4',
      '\ud800',
      '\n',
      ';',
    );
    const attempt = (act: () => unknown): void => {
      try {
        act();
      } catch (error) {
        expect(error).toBeInstanceOf(X500NameError);
      }
    };
    fc.assert(fc.property(fc.array(pieces), (parts) => attempt(() => X500Name.parse(parts.join('')))));
    const seed = X500Name.parse('O="Bob, Plc", L=Rome, C=IT').toDer();
    fc.assert(
      fc.property(fc.nat(seed.length - 1), fc.nat(255), (at, octet) => {
        const bytes = seed.slice();
        bytes[at] = octet;
        attempt(() => X500Name.fromDer(bytes));
      }),
    );
  });
});
