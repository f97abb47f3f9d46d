import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ManualClock, systemClock } from '../../lib/clock';
import { MemoryNetwork } from '../../messaging/memory/memory-network';
import type { Messaging } from '../../messaging/messaging';
import { receiveAll, type ReceiveAllOrder } from './receive-all';

const A = 'O=A, L=London, C=GB';
const B = 'O=B, L=Paris, C=FR';

let clock: ManualClock;
let network: MemoryNetwork;
let a: Messaging;
let b: Messaging;
let got: string[];

beforeEach(async () => {
  clock = new ManualClock();
  network = new MemoryNetwork({ nodes: [{ name: A }, { name: B }], clock });
  [a, b] = [await network.open(A), await network.open(B)];
  got = [];
});

function receive(order: Partial<ReceiveAllOrder>) {
  const seen: { count?: number; error?: unknown } = {};
  receiveAll(b, {
    clock,
    onMessage: async ({ body }) => {
      await Promise.resolve();
      got.push(body.toString());
    },
    ...order,
  }).then(
    (count) => (seen.count = count),
    (error: unknown) => (seen.error = error),
  );
  return seen;
}

const send = (...bodies: string[]) => Promise.all(bodies.map((body) => a.send(B, { body, topic: body })));

test('no more are taken than were asked for, and the rest is there for the next', async () => {
  void send('1', '2', '3', '4');
  await clock.advance(10);
  const first = receive({ count: 3 });
  await clock.advance(10);
  expect([first.count, got]).toEqual([3, ['1', '2', '3']]);
  const second = receive({ count: 5, quietMs: 100 });
  await clock.advance(99);
  expect(second.count).toBeUndefined();
  await clock.advance(1);
  expect([second.count, got]).toEqual([1, ['1', '2', '3', '4']]);
  expect(network.trace.entries.filter(({ kind }) => kind === 'acknowledged')).toHaveLength(4);
});

test('the wait for the next begins when one is done with', async () => {
  void send('1');
  let end = (): void => undefined;
  const seen = receive({ quietMs: 100, onMessage: () => new Promise((resolve) => (end = resolve)) });
  await clock.advance(10_000);
  expect(seen.count).toBeUndefined();
  end();
  await clock.advance(99);
  expect(seen.count).toBeUndefined();
  await clock.advance(1);
  expect(seen.count).toBe(1);
});

test('a signal ends it when the message in work is done with', async () => {
  void send('1', '2');
  const abort = new AbortController();
  let end = (): void => undefined;
  const seen = receive({ signal: abort.signal, onMessage: () => new Promise((resolve) => (end = resolve)) });
  await clock.advance(10);
  abort.abort();
  await clock.advance(10);
  expect(seen.count).toBeUndefined();
  end();
  await clock.advance(10);
  expect(seen.count).toBe(1);
  const rest = receive({ count: 1 });
  await clock.advance(10);
  expect([rest.count, got]).toEqual([1, ['2']]);
});

test('a message whose handler fails comes again, and the reading ends with the reason', async () => {
  void send('1', '2');
  const seen = receive({ onMessage: () => Promise.reject(new Error('no room')) });
  await clock.advance(10);
  expect(seen.error).toEqual(new Error('no room'));
  const again = receive({ count: 2 });
  await clock.advance(10);
  expect([again.count, got]).toEqual([2, ['1', '2']]);
});

test('of one sender and topic alone', async () => {
  void send('1', '2');
  void b.send(B, { body: 'own', topic: '2' });
  await clock.advance(10);
  const seen = receive({ from: A, topic: '2', quietMs: 10 });
  await clock.advance(20);
  expect([seen.count, got]).toEqual([1, ['2']]);
  await expect(receiveAll(b, { clock, from: 'O=C, L=Rome, C=IT', onMessage: async () => undefined })).rejects.toThrow(
    'names nobody',
  );
});

test('streams are read, too, and a part of one that is under way is no silence', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netmap-streams-'));
  try {
    // The disk takes its own time.
    const live = new MemoryNetwork({ nodes: [{ name: A }, { name: B }], clock: systemClock });
    const [sender, reader] = [await live.open(A), await live.open(B)];
    const bytes = Buffer.alloc(100_000, 'x');
    const hashes: string[] = [];
    const progress = jest.spyOn(systemClock, 'after');
    const reading = receiveAll(reader, {
      clock: systemClock,
      count: 2,
      quietMs: 20_000,
      onMessage: async ({ body }) => void got.push(body.toString()),
      streams: {
        folder,
        onStream: async (stream) => {
          const hash = createHash('sha256');
          for await (const chunk of stream.stream()) hash.update(chunk);
          hashes.push(hash.digest('hex'));
        },
        onTrouble: (error) => got.push(error.message),
      },
    });
    const sent = await sender.sendStream(B, Readable.from([bytes]), { partBytes: 10_000 });
    await sender.send(B, { body: 'small' });
    expect(await reading).toBe(2);
    expect([hashes, got]).toEqual([[sent.sha256], ['small']]);
    // The wait is begun anew with each part.
    expect(progress.mock.calls.filter(([ms]) => ms === 20_000).length).toBeGreaterThan(8);
    await Promise.all([sender.close({ timeoutMs: 0 }), reader.close({ timeoutMs: 0 })]);
  } finally {
    jest.restoreAllMocks();
    await rm(folder, { recursive: true });
  }
});
