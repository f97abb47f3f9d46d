import { reconfigurePeer } from '../../sidecar/authority/change-peer';
import { openDeadLetters } from '../../sidecar/control/dead-letters/open';
import { slicesOf } from '../../sidecar/control/dead-letters/slices';
import { openMessaging, type Messaging } from '../../sidecar/control/messaging';
import { systemClock } from '../../sidecar/lib/clock';
import { placeOf } from '../../sidecar/messaging/client/place-of';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { accountOf, prepareTransfer } from '../../sidecar/control/demo/swaptacular/demo-messages';
import { swaptacularPair, type SwaptacularNode } from './support/swaptacular-node';
import { until } from './support/until';

jest.setTimeout(600_000);

const SOON_MS = 60_000;
const QUEUES = 3;
const ACCOUNTS = 40;
const EACH = 50;
const JSON_TYPE = 'application/json';
const AT = '2026-11-22T00:00:00Z';

let aa: SwaptacularNode;
let ca: SwaptacularNode;
let stop: () => Promise<void> = async () => undefined;
let messaging: Messaging;

beforeAll(async () => {
  ({ aa, ca, stop } = await swaptacularPair());
  await Promise.all([aa.start(), ca.start()]);
  await aa.receive();
  messaging = await openMessaging({ configFile: ca.configFile });
});
afterAll(async () => {
  await messaging.close();
  await stop();
});

const { creditor: first, debtor } = accountOf('000001', '1234abcd');
const creditors = Array.from({ length: ACCOUNTS }, (_, index) => String(BigInt(first) + BigInt(index)));
const queue = (number: number): string => cordaAddresses.peerQueue(aa.id, number);

const send = (creditor: string, request: number, keyed = true) =>
  messaging.send(aa.id, {
    ...{ type: 'PrepareTransfer', contentType: JSON_TYPE, body: prepareTransfer({ creditor, debtor }, request, AT) },
    ...(keyed ? { orderingKey: `${debtor}/${creditor}` } : {}),
  });

/** Numbers of what came in from place `from` on, by creditor. */
function requestsFrom(from: number): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { properties, body } of aa.received.slice(from)) {
    const creditor = String(properties['creditor-id']);
    const request = Number(/"coordinator_request_id":(\d+)/.exec(String(body))?.[1]);
    found.set(creditor, [...(found.get(creditor) ?? []), request]);
  }
  return found;
}

async function addedTo(): Promise<number[]> {
  const operations = await ca.operations();
  const all = await operations.listQueues({ field: 'name', operation: 'CONTAINS', value: queue(1) });
  return Array.from({ length: QUEUES }, (_, index) => {
    return all.find(({ name }) => name === queue(index + 1))?.messagesAdded ?? 0;
  });
}

test('more queues go live while messages flow: each gets a relay, and the one that runs goes on', async () => {
  await until('one relay', async () => (await aa.connectionsOf(ca.id)).length === 1, SOON_MS);
  const before = await aa.connectionsOf(ca.id);
  expect(ca.peer(aa.id)?.queues).toBe(1);
  const flow = Promise.all(Array.from({ length: 500 }, (_, index) => send(first, index)));
  await reconfigurePeer(ca.authority, aa.id, { queues: QUEUES });
  await until('three relays', async () => (await aa.connectionsOf(ca.id)).length === QUEUES, SOON_MS);
  await flow;
  await until('all have come', () => aa.received.length >= 500, SOON_MS);
  expect(await aa.connectionsOf(ca.id)).toEqual(expect.arrayContaining(before));
  expect(requestsFrom(0).get(first)).toEqual(Array.from({ length: 500 }, (_, index) => index));
  expect(ca.peer(aa.id)).toMatchObject({ queues: QUEUES, phase: 'connected' });
});

test('messages of one key go one way, in order; keys are spread, and each message comes once', async () => {
  let sent = aa.received.length;
  await until(
    'the library knows of three',
    async () => {
      for (const creditor of creditors) await send(creditor, 0);
      sent += creditors.length;
      const [, two = 0, three = 0] = await addedTo();
      return two + three > 0;
    },
    SOON_MS,
  );
  await until('those have come', () => aa.received.length >= sent, SOON_MS);
  const from = aa.received.length;
  const counts = await addedTo();
  const numbers = Array.from({ length: EACH }, (_, index) => index);
  await Promise.all(numbers.flatMap((request) => creditors.map((creditor) => send(creditor, request))));
  await until('all have come', () => aa.received.length >= from + ACCOUNTS * EACH, SOON_MS);
  const came = requestsFrom(from);
  expect([...came.keys()].sort()).toEqual([...creditors].sort());
  for (const requests of came.values()) expect(requests).toEqual(numbers);
  const wanted = counts.map((count, place) => {
    const keys = creditors.filter((creditor) => placeOf(`${debtor}/${creditor}`, QUEUES) === place);
    return count + keys.length * EACH;
  });
  expect(await addedTo()).toEqual(wanted);
  expect(Math.min(...wanted)).toBeGreaterThan(0);
});

test('without a key the broker takes the queues in turn', async () => {
  const counts = await addedTo();
  const from = aa.received.length;
  for (let request = 0; request < 30; request += 1) await send(first, request, false);
  await until('all have come', () => aa.received.length >= from + 30, SOON_MS);
  expect((await addedTo()).map((count, place) => count - (counts[place] ?? 0))).toEqual([10, 10, 10]);
});

test('what cannot be carried is a dead letter of the peer, whatever its queue, and goes back to that queue', async () => {
  const bad = { type: 'PrepareTransfer', contentType: 'text/plain', body: 'x' };
  for (const creditor of creditors.slice(0, 20)) await messaging.send(aa.id, { ...bad, orderingKey: creditor });
  const dead = await openDeadLetters(ca.config, systemClock);
  try {
    await until('all are set aside', async () => (await dead.store.count({ peer: aa.id })) === 20, SOON_MS);
    const letters = await dead.store.list({ peer: aa.id }, { skip: 0, limit: 20 });
    expect(new Set(letters.map(({ origin }) => origin))).toEqual(new Set([queue(1), queue(2), queue(3)]));
    expect(new Set(letters.map(({ direction, peer }) => `${direction} ${peer}`))).toEqual(new Set([`out ${aa.id}`]));
    const counts = await addedTo();
    const slices = slicesOf({ peer: aa.id }, dead.store.options.settings);
    expect(await dead.replay.run(slices, false)).toEqual({ replayed: 20, stayed: [] });
    await until('all are set aside again', async () => (await dead.store.count({ peer: aa.id })) === 20, SOON_MS);
    const origins = letters.map(({ origin }) => origin);
    expect(await addedTo()).toEqual(
      counts.map((count, place) => count + origins.filter((origin) => origin === queue(place + 1)).length),
    );
  } finally {
    await dead.close();
  }
});

test('while the peer is away its status adds up what waits in all queues; then all of it comes, in order', async () => {
  await aa.stop();
  const numbers = Array.from({ length: 10 }, (_, index) => 1_000 + index);
  for (const request of numbers) await Promise.all(creditors.map((creditor) => send(creditor, request)));
  await until('all wait', () => ca.peer(aa.id)?.queued === numbers.length * ACCOUNTS, SOON_MS);
  expect(ca.peer(aa.id)?.phase).toBe('waiting');
  aa.received.length = 0;
  await aa.start();
  await aa.receive();
  await until('all have come', () => aa.received.length >= numbers.length * ACCOUNTS, 2 * SOON_MS);
  const came = requestsFrom(0);
  for (const creditor of creditors) expect(came.get(creditor)).toEqual(numbers);
});
