import { ManualClock } from '../../sidecar/lib/clock';
import type { Outgoing, RelayMessage } from '../../sidecar/relay/relay-message';
import { MemoryInbox } from './reference-server/memory-inbox';
import { numbered, numberedMessage, numberIn } from './reference-server/numbered';
import { RelayWorld, until, untilMoving } from './reference-server/relay-world';

const world = new RelayWorld();
afterEach(() => world.end());

const numbersOf = (stored: readonly { body: string }[]): number[] => stored.map(({ body }) => numberIn(body));
const idsOf = (messages: readonly RelayMessage[]): number[] => messages.map(({ id }) => Number(id));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

test.each([1, 7, 100, 1_000])('all of a queue, in order, with a window of %d', async (window) => {
  const server = await world.serve();
  const inbox = new MemoryInbox(numbered(2_000));
  const relay = world.relay(inbox, server, { window });
  relay.start();
  await until('the queue is empty', () => inbox.accepted.length === 2_000);
  expect(inbox.mostOut).toBeLessThanOrEqual(window + Math.max(window, 300));
  expect(numbersOf(server.stored)).toEqual(upTo(2_000));
  expect(relay.status()).toMatchObject({ phase: 'connected', confirmed: 2_000, sent: 2_000, doubledPossible: 0 });
});

test('frames are those of the reference client', async () => {
  const server = await world.serve();
  const inbox = new MemoryInbox(numbered(2));
  const endpoint = server.endpoint({ host: 'a:b', login: 'me', passcode: 'back\\slash' });
  world.relay(inbox, server, { endpoint }).start();
  await until('both are there', () => inbox.accepted.length === 2);
  expect(server.frames.map(({ command, headers }) => [command, [...headers]])).toEqual([
    [
      'STOMP',
      [
        ['accept-version', '1.2'],
        ['host', 'a:b'],
        ['heart-beat', '5000,30000'],
        ['login', 'me'],
        ['passcode', 'back\\slash'],
      ],
    ],
    ...['1', '2'].map((receipt) => [
      'SEND',
      [
        ['destination', '/exchange/accounts_in'],
        ['type', 'PrepareTransfer'],
        ['content-type', 'application/json'],
        ['persistent', 'true'],
        ['receipt', receipt],
        ['content-length', '37'],
      ],
    ]),
  ]);
});

test('nothing is accepted before its receipt, and a receipt speaks for those before it', async () => {
  const clock = new ManualClock();
  const server = await world.serve({ clock });
  const inbox = new MemoryInbox(numbered(10));
  const relay = world.relay(inbox, server, { clock });
  server.faults = () => 'lose-receipt';
  relay.start();
  await until('all are stored', () => server.stored.length === 10);
  expect(relay.status()).toMatchObject({ inFlight: 10, confirmed: 0 });
  expect(inbox.accepted).toEqual([]);
  server.faults = () => undefined;
  inbox.put(numberedMessage(10));
  await until('all are accepted', () => inbox.accepted.length === 11);
  expect(numbersOf(server.stored)).toEqual(upTo(11));
  expect(relay.status()).toMatchObject({ inFlight: 0, doubledPossible: 0 });
});

describe('a message that the peer refuses', () => {
  const words = 'Invalid PrepareTransfer message.';
  const poison = [0, 5, 6, 29];

  test('is set aside with its words, and the others go on', async () => {
    const refuse = (_: string, body: Buffer): string | undefined =>
      poison.includes(numberIn(body.toString())) ? words : undefined;
    const server = await world.serve({ refuse });
    const inbox = new MemoryInbox(numbered(30));
    const relay = world.relay(inbox, server);
    relay.start();
    await until('the queue is empty', () => inbox.size === 0);
    expect(inbox.rejected.map(({ message, reason }) => [Number(message.id), reason])).toEqual(
      poison.map((number) => [number, words]),
    );
    expect([...new Set(numbersOf(server.stored))]).toEqual(upTo(30).filter((number) => !poison.includes(number)));
    expect(relay.status()).toMatchObject({ setAside: 4, failures: 0 });
  });

  test('is found where the peer does not say which one it is', async () => {
    const refuse = (_: string, body: Buffer): string | undefined =>
      poison.includes(numberIn(body.toString())) ? 'UTF-8 decode error.' : undefined;
    const server = await world.serve({ refuse });
    const inbox = new MemoryInbox(numbered(30));
    world.relay(inbox, server).start();
    await until('the queue is empty', () => inbox.size === 0);
    expect(idsOf(inbox.rejected.map(({ message }) => message))).toEqual(poison);
  });

  test('goes where it is told, and leaves the queue when it is there', async () => {
    const server = await world.serve({ refuse: () => words });
    const inbox = new MemoryInbox(numbered(1));
    const aside: unknown[] = [];
    let stored = (): void => undefined;
    const setAside = (message: RelayMessage, reason: string): Promise<void> => {
      aside.push([message.id, reason]);
      return new Promise((resolve) => (stored = resolve));
    };
    world.relay(inbox, server, { setAside }).start();
    await until('it is told', () => aside.length === 1);
    expect(aside).toEqual([['0', words]]);
    expect(inbox.size).toBe(1);
    stored();
    await until('it is gone', () => inbox.size === 0);
    expect(inbox.rejected).toEqual([]);
  });

  test('goes to the dead letters where there is no other place for it', async () => {
    const server = await world.serve({ refuse: () => words });
    const inbox = new MemoryInbox(numbered(1));
    world.relay(inbox, server, { setAside: () => Promise.reject(new Error('full')) }).start();
    await until('it is gone', () => inbox.size === 0);
    expect(inbox.rejected.map(({ reason }) => reason)).toEqual([words]);
  });

  test('is one of ten at most before a peer that refuses all is given time', async () => {
    const clock = new ManualClock();
    const server = await world.serve({ clock, refuse: () => words });
    const inbox = new MemoryInbox(numbered(100));
    const relay = world.relay(inbox, server, { clock, retry: undefined });
    relay.start();
    await until('it waits', () => relay.status().phase === 'waiting');
    expect(inbox.rejected).toHaveLength(11);
    expect(relay.status()).toMatchObject({ cause: { code: 'RELAY_MESSAGE_REFUSED' }, retryAt: 10_000 });
  });
});

test.each<[string, Partial<RelayMessage>]>([
  ['its body has 8193 bytes, more than the 8192 that a peer takes', { body: Buffer.alloc(8193, 32) }],
  ['it has no type: set the subject of the AMQP message', { type: undefined }],
  ['it has no content type', { contentType: undefined }],
  ['the peer does not take "text/plain", only application/json', { contentType: 'text/plain' }],
  ['its type has 501 bytes, more than the 500 that a peer takes', { type: 'x'.repeat(501) }],
  ['its type has 502 bytes, more than the 500 that a peer takes', { type: ':'.repeat(251) }],
  ['its type holds a NUL character', { type: 'a\0b' }],
  ['its body is to be JSON and is not UTF-8', { body: Buffer.of(34, 0xff, 34) }],
])('what cannot be sent is set aside before: %s', async (reason, change) => {
  const server = await world.serve();
  const inbox = new MemoryInbox([numberedMessage(0), { ...numberedMessage(1), ...change }, numberedMessage(2)]);
  world.relay(inbox, server).start();
  await until('the queue is empty', () => inbox.size === 0);
  expect(inbox.rejected.map((each) => each.reason)).toEqual([reason]);
  expect(numbersOf(server.stored)).toEqual([0, 2]);
  expect(server.connects).toBe(1);
});

test('what is sent may differ from what is in the queue; what is set aside does not', async () => {
  const server = await world.serve({
    refuse: (_, body) => (numberIn(body.toString()) === 102 ? 'Invalid PrepareTransfer message.' : undefined),
  });
  const inbox = new MemoryInbox(numbered(4));
  const outgoing = (message: RelayMessage): Outgoing => {
    const { body } = numberedMessage(100 + numberIn(message.body.toString()));
    return message.id === '1' ? { refused: 'no' } : { message: { ...message, body } };
  };
  world.relay(inbox, server, { outgoing }).start();
  await until('the queue is empty', () => inbox.size === 0);
  expect([...new Set(numbersOf(server.stored))]).toEqual([100, 103]);
  expect(inbox.rejected.map(({ message, reason }) => [numberIn(message.body.toString()), reason])).toEqual([
    [1, 'no'],
    [2, 'Invalid PrepareTransfer message.'],
  ]);
});

test('a message of the greatest size, and text that must be escaped, arrive as they are', async () => {
  const server = await world.serve({ refuse: () => undefined });
  const body = Buffer.from(JSON.stringify({ text: 'é'.repeat(4_000) }).padEnd(8192 - 4_000));
  const inbox = new MemoryInbox([{ ...numberedMessage(0), type: 'a:b\\c\r\nd é', body }]);
  world.relay(inbox, server).start();
  await until('it is accepted', () => inbox.accepted.length === 1);
  expect(body).toHaveLength(8192);
  expect(server.stored).toMatchObject([{ type: 'a:b\\c\r\nd é', body: body.toString() }]);
});

describe('an ERROR of the connection', () => {
  test.each([
    'Internal server error.',
    'Invalid SEND destination "x".',
    'The connection has been closed by the server.',
  ])('blames no message: %s', async (words) => {
    const clock = new ManualClock();
    let angry = true;
    const server = await world.serve({ clock, refuse: () => (angry ? words : undefined) });
    const inbox = new MemoryInbox(numbered(20));
    const relay = world.relay(inbox, server, { clock, retry: undefined });
    relay.start();
    await until('it waits', () => relay.status().phase === 'waiting');
    expect(relay.status()).toMatchObject({
      failures: 1,
      waiting: 20,
      cause: { code: 'RELAY_REFUSED', message: expect.stringContaining(words) as string },
    });
    angry = false;
    await untilMoving(
      clock,
      'the queue is empty',
      () => inbox.size === 0,
      () => server.stored.length,
    );
    expect(inbox.rejected).toEqual([]);
    expect(numbersOf(server.stored)).toEqual(upTo(20));
    expect(relay.status()).toMatchObject({ phase: 'connected', failures: 0 });
  });

  test('waits longer and longer, and longest where a person must act', async () => {
    const clock = new ManualClock();
    const server = await world.serve({ clock });
    const relay = world.relay(new MemoryInbox(), server, { clock, retry: undefined, random: () => 0 });
    const waits: number[] = [];
    const failOnce = async (failures: number): Promise<void> => {
      await until('it fails', () => relay.status().failures === failures);
      waits.push((relay.status().retryAt ?? 0) - clock.now());
      await clock.advance(waits.at(-1) ?? 0);
    };
    server.turnsAway = 'Too many connections from one peer.';
    relay.start();
    for (const failures of [1, 2, 3]) await failOnce(failures);
    server.turnsAway = 'The peer has been deactivated.';
    for (const failures of [4, 5]) await failOnce(failures);
    expect(waits).toEqual([1_000, 1_000, 2_000, 10_000, 10_000]);
  });
});

describe('stopping', () => {
  test('waits for the receipts of what was sent, and leaves the rest in the queue', async () => {
    const server = await world.serve();
    const inbox = new MemoryInbox(numbered(5_000));
    const relay = world.relay(inbox, server);
    relay.start();
    await until('some are accepted', () => inbox.accepted.length > 500);
    await relay.stop();
    const { confirmed, sent, phase, inFlight } = relay.status();
    expect({ phase, inFlight, unconfirmed: sent - confirmed }).toEqual({ phase: 'idle', inFlight: 0, unconfirmed: 0 });
    expect(inbox.size).toBe(5_000 - confirmed);
    expect(server.stored).toHaveLength(confirmed);
    await until('it is disconnected', () => server.connections === 0);
  });

  test('takes no longer than it may where the peer says nothing', async () => {
    const clock = new ManualClock();
    const server = await world.serve({ clock });
    server.faults = () => 'freeze';
    const inbox = new MemoryInbox(numbered(10));
    const relay = world.relay(inbox, server, { clock });
    relay.start();
    await until('one is stored', () => server.stored.length === 1);
    let stopped = false;
    void relay.stop().then(() => (stopped = true));
    await clock.advance(9_999);
    expect(stopped).toBe(false);
    await clock.advance(1);
    await until('it has stopped', () => stopped);
    expect(inbox.accepted).toEqual([]);
    expect(inbox.size).toBe(10);
  });

  test.each(['before it starts', 'while it connects', 'while it waits', 'twice'])('%s', async (when) => {
    const server = await world.serve();
    if (when === 'while it waits') await server.close();
    const inbox = new MemoryInbox(numbered(1));
    const relay = world.relay(inbox, server, { retry: undefined });
    const controller = new AbortController();
    if (when === 'before it starts') controller.abort();
    relay.start(controller.signal);
    if (when === 'while it waits') await until('it waits', () => relay.status().phase === 'waiting');
    controller.abort();
    await Promise.all([relay.stop(), relay.stop()]);
    expect(relay.status()).toMatchObject({ phase: 'idle', confirmed: 0 });
    expect(inbox.size).toBe(1);
  });
});

test('the queue is opened when the peer was reached, and again when it is lost', async () => {
  const server = await world.serve();
  const inbox = new MemoryInbox(numbered(300));
  const relay = world.relay(inbox, server);
  inbox.down = new Error('no broker');
  relay.start();
  await until('it waits', () => relay.status().phase === 'waiting');
  expect(relay.status().cause).toEqual({ message: 'no broker' });
  inbox.down = undefined;
  await until('some are accepted', () => inbox.accepted.length >= 50);
  inbox.lose();
  await until('the queue is empty', () => inbox.size === 0);
  expect(inbox.opens).toBe(2);
  expect(idsOf(inbox.accepted)).toEqual(upTo(300));
  expect(relay.status()).toMatchObject({ phase: 'connected', failures: 0 });
  expect(server.stored.length - 300).toBeLessThanOrEqual(relay.status().doubledPossible);
});
