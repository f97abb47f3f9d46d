import { eachLimited } from './each-limited';

test('does all of them, never more at a time than allowed', async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await eachLimited([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

test('after a failure begins no more, and rejects when what was on its way has ended', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const result = eachLimited([1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error('refused');
    await new Promise(setImmediate);
    ended.push(item);
  });
  await expect(result).rejects.toThrow('refused');
  expect(begun).toEqual([1, 2]);
  expect(ended).toEqual([2]);
});

test('nothing to do is done', async () => {
  await expect(eachLimited([], 5, () => Promise.reject(new Error('never')))).resolves.toBeUndefined();
});
