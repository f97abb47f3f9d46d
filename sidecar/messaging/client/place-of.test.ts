import { placeOf } from './place-of';

const KEYS = Array.from({ length: 2_000 }, (_, index) => `1311862288428302341/${index}`);

test('a key has one place, which others can work out', () => {
  // sha256sum of "7 1", "7 2" and "7 3": the second is the largest.
  expect(placeOf('7', 3)).toBe(1);
  expect(placeOf('7', 3)).toBe(placeOf('7', 3));
  expect(placeOf('7', 1)).toBe(0);
});

test('the places are used about evenly', () => {
  const counts = [0, 0, 0, 0];
  for (const key of KEYS) counts[placeOf(key, 4)] = (counts[placeOf(key, 4)] ?? 0) + 1;
  expect(Math.min(...counts)).toBeGreaterThan(430);
  expect(Math.max(...counts)).toBeLessThan(570);
});

test('where one is added, keys move to the new one alone', () => {
  const moved = KEYS.filter((key) => placeOf(key, 4) !== placeOf(key, 5));
  expect(moved.every((key) => placeOf(key, 5) === 4)).toBe(true);
  expect(moved.length).toBeGreaterThan(300);
  expect(moved.length).toBeLessThan(500);
});
