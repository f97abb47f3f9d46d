import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDeadLetters, type OpenDeadLetters } from '../../sidecar/control/dead-letters/open';
import { slicesOf } from '../../sidecar/control/dead-letters/slices';
import { openMessaging, type Messaging } from '../../sidecar/control/messaging';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { startTestNetwork, type TestNetwork, type TestNode } from '../integration/support/node';
import { nodeAccess } from '../integration/support/node-access';
import { NodeOperations } from '../integration/support/node-operations';
import { NotingConsumer } from '../integration/support/noting-consumer';
import { until } from '../integration/support/until';
import { Chance } from './model/random';

const MESSAGES = Number(process.env['NETMAP_CRASH_MESSAGES'] ?? 100_000);
const POISON = 50;
const CONSUMERS = 4;
/** Messages that a consumer has not settled at one time, by default. */
const WINDOW = 100;
/** As the base settings say. */
const ATTEMPTS = 10;
/** Sends that are under way at the same time. */
const GROUP = 500;
const SEED = 20_261_122;
const ARRIVE_MS = 300_000;
/** What a line of the notes has. */
const LINE = idOf(0).length + 1;

jest.setTimeout(900_000);

let folder: string;
let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let sender: Messaging;
let dead: OpenDeadLetters;
/** All lives of all consumers, those that are over included. */
const lives: NotingConsumer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-consumers-'));
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
    ],
  });
  [a, b] = [network.node('a'), network.node('b')];
  sender = await openMessaging({ configFile: a.dev.files.config });
  dead = await openDeadLetters(b.config, systemClock);
});
afterAll(async () => {
  await Promise.all(lives.map((life) => life.kill()));
  await dead.close();
  await sender.close();
  await network.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function idOf(number: number): string {
  return `order-${String(number).padStart(7, '0')}`;
}

/** How a message fails; undefined for those that can be handled. */
function poisonOf(number: number): 'rejects' | 'throws' | undefined {
  const every = Math.floor(MESSAGES / POISON);
  if (number % every !== Math.floor(every / 2) || number >= every * POISON) return undefined;
  return Math.floor(number / every) % 2 === 0 ? 'rejects' : 'throws';
}

function born(repaired = false): NotingConsumer {
  const file = join(folder, `life-${lives.length}`);
  const life = new NotingConsumer({ configFile: b.dev.files.config, file, repaired });
  lives.push(life);
  return life;
}

async function send(number: number): Promise<void> {
  const poison = poisonOf(number);
  const message = {
    body: `order ${number}`,
    duplicateId: idOf(number),
    ...(poison === undefined ? {} : { headers: { poison } }),
  };
  await sender.send(b.id, message);
  // An application that does not know whether it has sent it does so once more.
  if (number % 100 === 0) await sender.send(b.id, message);
}

async function sendAll(): Promise<void> {
  for (let first = 0; first < MESSAGES; first += GROUP) {
    const group = Array.from({ length: Math.min(GROUP, MESSAGES - first) }, (_, index) => first + index);
    await Promise.all(group.map(send));
  }
}

/** Every message that is to be handled is in the notes of some life. */
async function haveHandled(count: number): Promise<boolean> {
  const noted = await Promise.all(lives.map((life) => life.noted()));
  if (noted.reduce((sum, bytes) => sum + bytes, 0) < count * LINE) return false;
  return new Set((await Promise.all(lives.map((life) => life.handled()))).flat()).size >= count;
}

/** Kills some of them, one or all, every few seconds, until it is over; answers how many that were. */
async function crash(consumers: NotingConsumer[], isOver: () => boolean): Promise<number> {
  const chance = new Chance(SEED);
  let kills = 0;
  for (;;) {
    const moment = Date.now() + chance.between(1_000, 4_000);
    await until('the moment has come', () => isOver() || Date.now() >= moment);
    if (isOver()) return kills;
    const count = chance.between(1, CONSUMERS);
    const first = chance.between(0, CONSUMERS - 1);
    const killed = Array.from({ length: count }, (_, index) => (first + index) % CONSUMERS);
    await Promise.all(killed.map(async (index) => consumers[index]?.kill()));
    for (const index of killed) consumers[index] = born();
    kills += count;
  }
}

test('consumers that are killed lose nothing, and what none can handle is in the dead letters until it is replayed', async () => {
  const all = Array.from({ length: MESSAGES }, (_, number) => number);
  const poison = all.filter((number) => poisonOf(number) !== undefined);
  const good = all.filter((number) => poisonOf(number) === undefined).map(idOf);
  const consumers = Array.from({ length: CONSUMERS }, () => born());
  const began = Date.now();
  let isOver = false;
  const crashing = crash(consumers, () => isOver);
  let sentMs = 0;
  let handledMs = 0;
  try {
    await sendAll();
    sentMs = Date.now() - began;
    await until('every good message is handled', () => haveHandled(good.length), ARRIVE_MS);
    handledMs = Date.now() - began;
  } finally {
    isOver = true;
  }
  const kills = await crashing;
  await until('the rest is dead', async () => (await dead.store.count({})) >= POISON, ARRIVE_MS);
  const notes = await Promise.all(lives.map((life) => life.handled()));
  const handled = notes.flat();
  const distinct = new Set(handled);
  const doubles = handled.length - distinct.size;
  process.stderr.write(
    `${MESSAGES} messages, ${POISON} of them poison, sent in ${sentMs} ms, handled in ${handledMs} ms; consumers killed: ${kills}; handled twice before duplicates were dropped: ${doubles}\n`,
  );

  expect(good.filter((id) => !distinct.has(id))).toEqual([]);
  expect(distinct.size).toBe(good.length);
  expect(kills).toBeGreaterThanOrEqual(CONSUMERS * 2);
  // Only what was in work when a consumer was killed comes again.
  expect(notes.filter((ids) => new Set(ids).size < ids.length)).toEqual([]);
  expect(doubles).toBeLessThanOrEqual(kills * WINDOW);

  const letters = await dead.store.list({}, { skip: 0, limit: MESSAGES });
  const found = letters.map(({ duplicateId, cause, reason, peer, origin, originQueue, attempts }) => ({
    ...{ duplicateId, cause, reason, peer, origin, originQueue },
    attempts: cause === 'rejected' ? (attempts ?? 0) >= 1 : attempts,
  }));
  const expected = poison.map((number) => ({
    duplicateId: idOf(number),
    cause: poisonOf(number) === 'rejects' ? 'rejected' : 'attempts',
    reason: poisonOf(number) === 'rejects' ? `${idOf(number)} is no order` : undefined,
    peer: a.id,
    origin: cordaAddresses.ingress(b.id, a.id),
    originQueue: cordaAddresses.inboundQueue(b.id),
    attempts: poisonOf(number) === 'rejects' ? true : ATTEMPTS,
  }));
  expect(found.sort((one, other) => String(one.duplicateId).localeCompare(String(other.duplicateId)))).toEqual(
    expected,
  );

  await Promise.all(consumers.map((consumer) => consumer.kill()));
  const repaired = born(true);
  expect(await dead.replay.run(slicesOf({}, dead.store.options.settings), false)).toEqual({
    replayed: POISON,
    stayed: [],
  });
  await until('what was replayed is handled', async () => (await repaired.handled()).length >= POISON, ARRIVE_MS);
  expect((await repaired.handled()).sort()).toEqual(poison.map(idOf));
  for (const node of [a, b]) {
    const operations = new NodeOperations(await nodeAccess(node.dev));
    await until('nothing is left', async () => (await operations.filledQueues('')).every((name) => !isOurs(name)));
    await operations.close();
  }
});

function isOurs(queue: string): boolean {
  return /^(?:p2p\.|internal\.|dead-letters|expired)/.test(queue);
}
