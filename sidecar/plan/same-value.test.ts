import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { sameValue } from './same-value';

test('agrees with the comparison of Node on what JSON can hold', () => {
  const value = fc
    .jsonValue({ noUnicodeString: true, maxDepth: 3 })
    .map((json) => JSON.parse(JSON.stringify(json)) as unknown);
  fc.assert(fc.property(value, value, (a, b) => sameValue(a, b) === isDeepStrictEqual(a, b)));
  fc.assert(fc.property(value, (a) => sameValue(a, structuredClone(a))));
});

test('a name without a value is no name', () => {
  expect(sameValue({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(sameValue({ a: 1 }, { a: 1, b: undefined })).toBe(true);
  expect(sameValue({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  expect(sameValue({}, [])).toBe(false);
  expect(sameValue([1, 2], [1])).toBe(false);
});
