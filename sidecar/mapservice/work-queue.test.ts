import type { RegistryEvent } from './registry-event';
import { WorkQueue, type WorkQueueTarget } from './work-queue';

interface Watched extends WorkQueueTarget {
  readonly applied: string[];
  readonly kept: string[][];
  readonly settledWith: boolean[];
}

function target(overrides: Partial<WorkQueueTarget> = {}): Watched {
  const applied: string[] = [];
  const kept: string[][] = [];
  const settledWith: boolean[] = [];
  return {
    ...{ applied, kept, settledWith },
    apply: (event) => void applied.push(keyOf(event)),
    keep: async (events) => void kept.push(events.map(keyOf)),
    restore: async () => undefined,
    settled: async (hasChanged) => void settledWith.push(hasChanged),
    ...overrides,
  };
}

const ban = (nameKey: string): RegistryEvent => ({ kind: 'banned', nameKey, name: nameKey });
const keyOf = (event: RegistryEvent): string => ('nameKey' in event ? event.nameKey : event.kind);
const asking = (nameKey: string) => ({ decide: () => ({ events: [ban(nameKey)], result: nameKey }) });

test('what is asked for together is kept together, and each gets its answer', async () => {
  const watched = target();
  const queue = new WorkQueue(watched);
  expect(await Promise.all(['a', 'b', 'c'].map((name) => queue.submit(asking(name))))).toEqual(['a', 'b', 'c']);
  expect(watched.kept).toEqual([['a', 'b', 'c']]);
  await queue.end();
  expect(watched.settledWith).toEqual([true]);
});

test('each decides by what the ones before it have left', async () => {
  const watched = target();
  const queue = new WorkQueue(watched);
  const counting = { decide: () => ({ events: [ban('x')], result: watched.applied.length }) };
  expect(await Promise.all([1, 2, 3].map(() => queue.submit(counting)))).toEqual([0, 1, 2]);
});

test('who is refused leaves the others alone', async () => {
  const watched = target();
  const queue = new WorkQueue(watched);
  const refused = queue.submit({
    decide: () => {
      throw new Error('no');
    },
  });
  const good = queue.submit(asking('a'));
  await expect(refused).rejects.toThrow('no');
  expect(await good).toBe('a');
  expect(watched.kept).toEqual([['a']]);
});

test('what could not be kept is taken back, told to all who were in it, and later ones go on', async () => {
  let isFull = true;
  let restored = 0;
  const keep = async (): Promise<void> => {
    if (isFull) throw new Error('disk full');
  };
  const restore = async (): Promise<void> => void (restored += 1);
  const queue = new WorkQueue(target({ keep, restore }));
  const outcomes = await Promise.allSettled(['a', 'b'].map((name) => queue.submit(asking(name))));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(restored).toBe(1);
  isFull = false;
  expect(await queue.submit(asking('c'))).toBe('c');
});

test('when it cannot be taken back either, nothing more is decided', async () => {
  const fail = async (): Promise<void> => {
    throw new Error('disk gone');
  };
  const queue = new WorkQueue(target({ keep: fail, restore: fail }));
  await expect(queue.submit(asking('a'))).rejects.toThrow('disk gone');
  await expect(queue.submit(asking('b'))).rejects.toMatchObject({ code: 'STORE_FAILED' });
});

test('a refresh is no change of the map', async () => {
  const watched = target();
  const queue = new WorkQueue(watched);
  const event: RegistryEvent = { kind: 'refreshed', node: 'n', form: 'corda', at: 1 };
  await queue.submit({ decide: () => ({ events: [event], result: undefined }) });
  await queue.end();
  expect(watched.settledWith).toEqual([false]);
});
