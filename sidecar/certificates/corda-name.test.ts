import { cordaName } from './corda-name';
import { X500Name } from './x500-name';
import { X500NameError } from './x500-name-error';

const check = (text: string): unknown => cordaName(X500Name.parse(text));

describe('the name of a Corda party', () => {
  it('gives its parts', () => {
    expect(check('CN=carol-node, OU=Treasury & Markets, O=Carol Söhne GmbH, L=München, ST=Bavaria, C=DE')).toEqual({
      commonName: 'carol-node',
      organisationUnit: 'Treasury & Markets',
      organisation: 'Carol Söhne GmbH',
      locality: 'München',
      state: 'Bavaria',
      country: 'DE',
    });
  });

  it('may have ZZ for no country, and values just short of the limits', () => {
    const text = `CN=${'c'.repeat(63)}, O=${'o'.repeat(127)}, L=${'l'.repeat(63)}, C=ZZ`;
    expect(check(text)).toMatchObject({ country: 'ZZ', state: undefined });
  });

  it.each([
    ['L=Rome, C=IT', 'it has no O'],
    ['O=Bob, C=IT', 'it has no L'],
    ['O=Bob, L=Rome', 'it has no C'],
    ['O=Bob, L=Rome, C=XX', '"XX" is not a country code'],
    ['O=Bob, L=Rome, C=it', '"it" is not a country code'],
    ['O=Bob, L=Rome, C=ITA', 'its C has 3 characters'],
    ['UID=1, O=Bob, L=Rome, C=IT', 'it has the attribute 0.9.2342.19200300.100.1.1'],
    ['O=Bob, O=Rob, L=Rome, C=IT', 'it has more than one O'],
    ['O=, L=Rome, C=IT', 'its O is empty'],
    ['O=Bob, L=\\ , C=IT', 'its L is empty'],
    ['O=#020105, L=Rome, C=IT', 'its O is not text'],
    ['O=a\\00b, L=Rome, C=IT', 'its O holds a null character'],
    [`O=${'o'.repeat(128)}, L=Rome, C=IT`, 'its O has 128 characters, and must have fewer than 128'],
    [`CN=${'😀'.repeat(32)}, O=Bob, L=Rome, C=IT`, 'its CN has 64 characters'],
  ])('refuses %s', (text, reason) => {
    expect(() => check(text)).toThrow(X500NameError);
    expect(() => check(text)).toThrow(reason);
  });
});
