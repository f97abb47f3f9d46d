import { SerialQueue } from './serial-queue';

test('work is done one after the other, in the order asked for', async () => {
  const queue = new SerialQueue();
  const steps: string[] = [];
  const work = (name: string) => async (): Promise<string> => {
    steps.push(`${name} begins`);
    await Promise.resolve();
    steps.push(`${name} ends`);
    return name;
  };
  expect(await Promise.all([queue.run(work('a')), queue.run(work('b'))])).toEqual(['a', 'b']);
  expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

test('a failure reaches who asked, and nobody else', async () => {
  const queue = new SerialQueue();
  const failing = queue.run(async () => Promise.reject(new Error('mine')));
  const other = queue.run(async () => 'other');
  await expect(failing).rejects.toThrow('mine');
  expect(await other).toBe('other');
});

test('it is idle only when what was asked for meanwhile is done, too', async () => {
  const queue = new SerialQueue();
  const done: string[] = [];
  void queue.run(async () => {
    void queue.run(async () => {
      await new Promise(setImmediate);
      done.push('asked for meanwhile');
    });
    done.push('first');
  });
  await queue.idle();
  expect(done).toEqual(['first', 'asked for meanwhile']);
});
