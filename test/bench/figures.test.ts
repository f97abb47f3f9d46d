import { figure, isMet, spread } from './figures';

test('the median of an even number of values lies between the middle ones', () => {
  expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spread([10, 9, 2])).toEqual({ median: 9, min: 2, max: 10 });
  expect(() => spread([])).toThrow(RangeError);
});

test('an aim is met on its own side, the limit included', () => {
  expect(isMet(figure('a', 'ms', [1, 2, 9], { atMost: 2 }))).toBe(true);
  expect(isMet(figure('a', 'ms', 3, { atMost: 2 }))).toBe(false);
  expect(isMet(figure('a', 'ratio', 0.9, { atLeast: 0.9 }))).toBe(true);
  expect(isMet(figure('a', 'ratio', 0.89, { atLeast: 0.9 }))).toBe(false);
  expect(isMet(figure('a', 'ms', 3))).toBeUndefined();
});
