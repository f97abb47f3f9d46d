import { nextStaleAt, staleEntries } from './eviction';

const day = 86_400_000;
const refreshes = new Map([
  ['old', 0],
  ['edge', 10 * day],
  ['new', 30 * day],
  ['future', 41 * day],
]);

test('who was not refreshed within the horizon is stale, to the millisecond', () => {
  expect(staleEntries(refreshes, 30 * day, 40 * day)).toEqual(['old']);
  expect(staleEntries(refreshes, 30 * day, 40 * day + 1)).toEqual(['edge', 'old']);
});

test('a refresh undoes it', () => {
  expect(staleEntries(new Map([...refreshes, ['old', 40 * day]]), 30 * day, 40 * day)).toEqual([]);
});

test('says when it is worth another look', () => {
  expect(nextStaleAt(refreshes, 30 * day, 40 * day)).toBe(40 * day + 1);
  expect(nextStaleAt(refreshes, 30 * day, 40 * day + 1)).toBe(60 * day + 1);
  expect(nextStaleAt(new Map(), 30 * day, 0)).toBeUndefined();
});
