import { ManualClock } from '../../lib/clock';
import { MemoryNetwork, type MemoryNetworkOptions } from '../../messaging/memory/memory-network';
import type { Messaging } from '../../messaging/messaging';
import { sendAll, type SendAllOrder } from './send-all';

const A = 'O=A, L=London, C=GB';
const B = 'O=B, L=Paris, C=FR';

let clock: ManualClock;
let network: MemoryNetwork;
let a: Messaging;
let stored: number;
let taken: number;

async function start(options: Partial<MemoryNetworkOptions> = {}): Promise<void> {
  clock = new ManualClock();
  network = new MemoryNetwork({ nodes: [{ name: A }, { name: B }], clock, ...options });
  a = await network.open(A);
  stored = 0;
  taken = 0;
}

async function* bodies(count: number, size = 1) {
  for (; taken < count; taken += 1) {
    await Promise.resolve();
    yield { body: Buffer.alloc(size) };
  }
}

function send(order: Partial<SendAllOrder>): Promise<void> {
  return sendAll(a, { to: B, clock, messages: bodies(10), onStored: ({ messages }) => (stored = messages), ...order });
}

/** How it ended, once it has. */
function outcome(work: Promise<void>): { error?: unknown; ended: boolean } {
  const seen: { error?: unknown; ended: boolean } = { ended: false };
  work.then(
    () => (seen.ended = true),
    (error: unknown) => Object.assign(seen, { error, ended: true }),
  );
  return seen;
}

test('all are stored, in their order', async () => {
  await start();
  const bodiesSeen: string[] = [];
  const b = await network.open(B);
  void b.receive(({ body }) => void bodiesSeen.push(body.toString()));
  const order = Array.from({ length: 100 }, (_, number) => ({ body: Buffer.from(String(number)) }));
  const seen = outcome(
    send({
      messages: (async function* () {
        await Promise.resolve();
        yield* order;
      })(),
    }),
  );
  await clock.advance(1_000);
  expect(seen).toEqual({ ended: true });
  expect(stored).toBe(100);
  expect(bodiesSeen).toEqual(order.map(({ body }) => body.toString()));
});

test('a rate is kept', async () => {
  await start();
  const seen = outcome(send({ messages: bodies(11), perSecond: 10 }));
  await clock.advance(450);
  expect(stored).toBe(5);
  await clock.advance(449);
  expect([stored, seen.ended]).toEqual([9, false]);
  await clock.advance(101);
  expect([stored, seen.ended]).toEqual([11, true]);
});

test.each([
  ['messages', 5_000, 1, 1_000],
  ['bytes', 100, 1_000_000, 9],
])('while the broker confirms nothing no more %s are asked for than can be under way', async (_, count, size, most) => {
  await start({ clientDelayMs: 1_000_000 });
  const seen = outcome(send({ messages: bodies(count, size) }));
  for (let turn = 0; turn < 100_000; turn += 1) await Promise.resolve();
  expect(taken).toBe(most);
  await clock.advance(100_000_000);
  expect([seen, stored]).toEqual([{ ended: true }, count]);
});

test('the signal ends it when what is under way is stored, and says why', async () => {
  await start({ clientDelayMs: 100 });
  const abort = new AbortController();
  const seen = outcome(send({ messages: bodies(50), perSecond: 100, signal: abort.signal }));
  await clock.advance(255);
  abort.abort(new Error('by a person'));
  await clock.advance(50);
  expect(seen.ended).toBe(false);
  await clock.advance(1_000);
  expect(seen.error).toEqual(new Error('by a person'));
  expect(stored).toBe(26);
});

test('what the broker does not confirm is not waited for long, nor is a source that gives nothing', async () => {
  await start({ clientDelayMs: 1_000_000 });
  const abort = new AbortController();
  const silent: SendAllOrder['messages'] = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
  };
  const seen = [outcome(send({ signal: abort.signal })), outcome(send({ messages: silent, signal: abort.signal }))];
  await clock.advance(1_000);
  abort.abort(new Error('by a person'));
  await clock.advance(1);
  expect(seen.map(({ ended }) => ended)).toEqual([false, true]);
  await clock.advance(5_000);
  expect(seen.map(({ error }) => error)).toEqual([new Error('by a person'), new Error('by a person')]);
});

test('the first that fails ends it, and so does its source', async () => {
  await start({ maxMessageSize: 10 });
  const seen = outcome(send({ messages: bodies(1_000, 11) }));
  await clock.advance(10);
  expect(seen.error).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  expect(taken).toBeLessThan(10);
  taken = 0;
  const broken = outcome(
    send({
      messages: (async function* () {
        yield* bodies(3);
        throw new Error('no such file');
      })(),
    }),
  );
  await clock.advance(10);
  expect([broken.error, stored]).toEqual([new Error('no such file'), 3]);
});

test('a recipient whom nobody knows', async () => {
  await start();
  await expect(send({ to: 'O=C, L=Rome, C=IT' })).rejects.toMatchObject({ code: 'RECIPIENT_UNKNOWN' });
});

test('what was interrupted before it began does not wait for its source', async () => {
  await start();
  const silent: AsyncIterable<{ body: Buffer }> = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
  };
  const seen = outcome(send({ messages: silent, signal: AbortSignal.abort(new Error('enough')) }));
  await clock.advance(1);
  expect(seen).toMatchObject({ ended: true, error: new Error('enough') });
  expect(stored).toBe(0);
});
