import { coveringMatches, matchCovers, splitQualified } from './address-match';

test.each([
  ['#', 'a', true],
  ['#', 'a.b.c', true],
  ['a.#', 'a', true],
  ['a.#', 'a.b', true],
  ['a.#', 'a.b.c', true],
  ['a.#', 'ab', false],
  ['a.#', 'b.a', false],
  ['a.b', 'a.b', true],
  ['a.b', 'a.b.c', false],
  ['a.b', 'aXb', false],
  ['a.*', 'a.b', true],
  ['a.*', 'a', false],
  ['a.*', 'a.b.c', false],
  ['*.b', 'a.b', true],
  ['a.*.c', 'a.b.c', true],
  ['a.*.#', 'a.b', true],
  ['a.*.#', 'a', false],
  ['rpc.client.carol.#', 'rpc.client.carola.1', false],
])('%s covers %s: %s', (match, address, covers) => {
  expect(matchCovers(match, address)).toBe(covers);
});

test('the most specific match comes first: exact, then without #, then the longest', () => {
  const matches = ['#', 'a.#', 'a.b.#', 'a.b.*', '*.b.c', 'a.b.c', 'x.#'];
  expect(coveringMatches(matches, 'a.b.c')).toEqual(['a.b.c', 'a.b.*', '*.b.c', 'a.b.#', 'a.#', '#']);
  expect(coveringMatches([...matches].reverse(), 'a.b.c')).toEqual(coveringMatches(matches, 'a.b.c'));
});

test('a name with :: is an address and one of its queues', () => {
  expect(splitQualified('a.#::q')).toEqual({ address: 'a.#', queue: 'q' });
  expect(splitQualified('a.b')).toEqual({ address: 'a.b' });
});
