import { nearestWord, suggest } from './did-you-mean';

test.each([
  ['idelSeconds', 'idleSeconds'],
  ['IDLESECONDS', 'idleSeconds'],
  ['pth', 'path'],
  ['colour', undefined],
  ['x'.repeat(10_000), undefined],
])('%s', (word, expected) => {
  expect(nearestWord(word, ['idleSeconds', 'path', 'retry'])).toBe(expected);
});

test('offers all words where none is near', () => {
  expect(suggest('colour', ['a', 'b'])).toBe('use one of: a, b');
});
