import { X500Name } from '../certificates/x500-name';
import { aliasOf, checkAlias, legalName, partyName } from './names';

test('names of parties never end and never repeat', () => {
  expect([0, 25, 26, 701, 702].map(partyName)).toEqual([
    'O=Party A, L=London, C=GB',
    'O=Party Z, L=New York, C=US',
    'O=Party AA, L=Zurich, C=CH',
    'O=Party ZZ, L=Tokyo, C=JP',
    'O=Party AAA, L=Frankfurt, C=DE',
  ]);
  const names = Array.from({ length: 1000 }, (_, index) => legalName(partyName(index)).key());
  expect(new Set(names).size).toBe(1000);
});

test('the order of the attributes becomes that of Corda', () => {
  expect(legalName('C=GB,O=Bank,L=London').toRfc4514()).toBe('O=Bank,L=London,C=GB');
});

test.each([
  ['O=Party A, L=London, C=GB', [], 'party-a'],
  ['O=Party A, L=London, C=GB', ['party-a', 'party-a-2'], 'party-a-3'],
  ['O="Zürcher & Söhne, AG", L=Zürich, C=CH', [], 'zurcher-sohne-ag'],
  ['O=東京銀行, L=Tokyo, C=JP', [], 'node'],
  [`O=${'long '.repeat(20)}end, L=Tokyo, C=JP`, [], 'long-long-long-long-long-long-long-long'],
])('the alias of %s', (name, taken, alias) => {
  const chosen = aliasOf(X500Name.parse(name), new Set(taken));
  expect(chosen).toBe(alias);
  expect(() => checkAlias(chosen)).not.toThrow();
});

test.each(['', '.', '..', 'a/b', '-a', 'a-', 'Party', 'a b', 'a'.repeat(49)])('%j is no alias', (alias) => {
  expect(() => checkAlias(alias)).toThrow(expect.objectContaining({ code: 'DEV_NETWORK_ALIAS' }) as Error);
});
