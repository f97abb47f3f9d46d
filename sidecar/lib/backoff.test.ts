import { Backoff } from './backoff';

const take = (backoff: Backoff, count: number): number[] => Array.from({ length: count }, () => backoff.next());

it('doubles up to the limit, and begins anew after a success', () => {
  const backoff = new Backoff({ min: 100, max: 1_000, jitter: 'none' });
  expect(take(backoff, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});

it('grows by the factor given', () => {
  expect(take(new Backoff({ min: 1, max: 100, factor: 10, jitter: 'none' }), 4)).toEqual([1, 10, 100, 100]);
});

it.each([
  ['full', 0, [100, 100, 100]],
  ['full', 0.5, [100, 150, 250]],
  ['equal', 0, [100, 100, 200]],
  ['equal', 0.5, [100, 150, 300]],
] as const)('spreads the delays with %s jitter at random %d', (jitter, random, delays) => {
  expect(take(new Backoff({ min: 100, max: 1_000, jitter, random: () => random }), 3)).toEqual(delays);
});

it('stays at the limit after very many failures', () => {
  const backoff = new Backoff({ min: 1, max: 60_000, jitter: 'none' });
  expect(take(backoff, 5_000).at(-1)).toBe(60_000);
});

it.each([
  [0, 10],
  [10, 5],
  [Number.NaN, 5],
])('refuses limits that make no sense: %d to %d', (min, max) => {
  expect(() => new Backoff({ min, max })).toThrow(RangeError);
});
