import fc from 'fast-check';
import { lossBeyond } from './brake';

const limits = { share: 0.2, atLeast: 3 };
const ids = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `DL${from + index}`);

test('nothing is held where nothing leaves, whoever comes', () => {
  expect(lossBeyond([], new Set(), limits)).toBeUndefined();
  expect(lossBeyond(ids(10), new Set(ids(1000)), limits)).toBeUndefined();
});

test('fewer than the least number may always leave, be it all', () => {
  expect(lossBeyond(ids(2), new Set(), limits)).toBeUndefined();
  expect(lossBeyond(ids(3), new Set(), limits)).toMatchObject({ of: 3, lost: ids(3) });
});

test('exactly the share may leave, one more not', () => {
  expect(lossBeyond(ids(100), new Set(ids(80)), limits)).toBeUndefined();
  expect(lossBeyond(ids(100), new Set(ids(79)), limits)).toMatchObject({ of: 100, lost: ids(21, 79) });
});

test('who comes does not weigh up who leaves', () => {
  expect(lossBeyond(ids(10), new Set(ids(10, 100)), limits)?.lost).toHaveLength(10);
});

test('the digest stands for who leaves, whatever the order and whoever stays', () => {
  const one = lossBeyond([...ids(5), 'x', 'y'], new Set(['x', 'y']), limits);
  const other = lossBeyond(['z', ...ids(5).reverse()], new Set(['z', 'new']), limits);
  expect(one?.digest).toBe(other?.digest);
  expect(lossBeyond(ids(6), new Set(), limits)?.digest).not.toBe(one?.digest);
});

test('a share of nothing and a least of nothing hold every loss', () => {
  expect(lossBeyond(ids(1000), new Set(ids(999)), { share: 0, atLeast: 0 })?.lost).toEqual(['DL999']);
  expect(lossBeyond(ids(1000), new Set(), { share: 1, atLeast: 0 })).toBeUndefined();
});

test('what is lost is what is not there any more, never more', () => {
  const set = fc.uniqueArray(fc.integer({ min: 0, max: 60 }).map(String));
  fc.assert(
    fc.property(set, set, (before, after) => {
      const loss = lossBeyond(before, new Set(after), limits);
      const missing = before.filter((id) => !after.includes(id));
      const isHeld = missing.length >= 3 && missing.length > before.length * 0.2;
      expect(loss === undefined).toBe(!isHeld);
      if (loss !== undefined) expect(loss.lost).toEqual(missing.sort());
    }),
  );
});
