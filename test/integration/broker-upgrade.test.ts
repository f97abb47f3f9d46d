import { ReceiverEvents, type EventContext } from 'rhea-promise';
import type { BrokerProcess } from '../../sidecar/broker/process';
import { applyOnce } from '../../sidecar/control/apply-once';
import { openDeadLetters } from '../../sidecar/control/dead-letters/open';
import { systemClock } from '../../sidecar/lib/clock';
import { createLogger } from '../../sidecar/lib/log';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { DEAD_LETTERS } from '../../sidecar/plan/corda-addresses';
import { brokerOf } from './support/attached-broker';
import { breaks, Collector } from './support/collector';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess, openNode } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { NumberedSender } from './support/numbered-sender';
import { describeWithOlderArtemis } from './support/older-artemis';
import { until } from './support/until';

const WAITING = 500;
const DEAD = 3;

jest.setTimeout(400_000);

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let broker: BrokerProcess;

async function apply(): Promise<string> {
  const log = createLogger({ level: 'error', format: 'json', destination: { write: () => true }, clock: systemClock });
  return (await applyOnce({ config: a.config, environment: process.env, clock: systemClock, log })).outcome;
}

/** Has management do something at the broker of A. */
async function atA<Answer>(work: (operations: NodeOperations) => Promise<Answer>): Promise<Answer> {
  const operations = new NodeOperations(await nodeAccess(a.dev));
  try {
    return await work(operations);
  } finally {
    await operations.close();
  }
}

const countIn = (queue: string): Promise<number | undefined> =>
  atA(async (operations) => {
    const found = await operations.listQueues({ field: 'name', operation: 'EQUALS', value: queue });
    return found.find(({ name }) => name === queue)?.messageCount;
  });

/** Names of queues but for those of management's own answers. */
async function lastingQueues(): Promise<string[]> {
  const names = await atA((operations) => operations.queueNames());
  return names.filter((name) => name.includes('.') || name.includes('letters')).sort();
}

/** Queues as the plan declares them, which a sidecar would not do at this broker. */
async function declareQueues(): Promise<void> {
  const { addresses, queues } = await a.plan();
  await atA(async (operations) => {
    const there = new Set((await operations.listAddresses()).map(({ name }) => name));
    for (const { name, routing } of addresses) if (!there.has(name)) await operations.createAddress(name, [routing]);
    for (const { name, address, routing, filter } of queues)
      await operations.createQueue({
        name,
        address,
        routingType: routing,
        ...(filter === undefined ? {} : { filter }),
      });
  });
}

async function send(to: string, run: string, count: number): Promise<void> {
  const sender = new NumberedSender({ access: await nodeAccess(a.dev), to, run });
  await sender.start();
  sender.sendUpTo(count);
  await until(`all of ${run} are stored`, () => sender.accepted === count);
  await sender.close();
}

/** An application of A that rejects what comes in. */
async function rejectAll(count: number): Promise<void> {
  const connection = await openNode(await nodeAccess(a.dev));
  const address = `${cordaAddresses.inboundWildcard(a.id)}::${cordaAddresses.inboundQueue(a.id)}`;
  const receiver = await connection.createReceiver({ source: { address }, autoaccept: false });
  receiver.on(ReceiverEvents.message, ({ delivery }: EventContext) => delivery?.reject());
  await until('all are dead', async () => (await countIn(DEAD_LETTERS)) === count);
  await connection.close();
}

describeWithOlderArtemis('from Artemis 2.44.0', (older) => {
  /** A node on the older broker: its files as they are rendered, its queues, and messages in them. */
  beforeAll(async () => {
    network = await startTestNetwork({
      nodes: [
        { name: 'O=Party A,L=London,C=GB', alias: 'a' },
        { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
      ],
      start: [],
      configure: (config, alias) =>
        alias === 'a' ? { ...config, broker: { ...config.broker, mode: 'attached' } } : config,
    });
    a = network.node('a');
    b = network.node('b');
    expect(await apply()).toBe('prepared');
    broker = await brokerOf(a.dev, older());
    await broker.start();
  });
  afterAll(async () => {
    await broker.stop();
    await network.stop();
  });

  test('a broker that is too old is refused by that name, and left as it is', async () => {
    const before = await lastingQueues();
    const refused = { code: 'BROKER_TOO_OLD', message: 'The broker is version 2.44.0, older than 2.50' };
    await expect(a.start()).rejects.toMatchObject(refused);
    await a.stop();
    await expect(apply()).rejects.toMatchObject(refused);
    expect(await lastingQueues()).toEqual(before);
  });

  test('what waits at an older broker is at a newer one on the same data: all of it, once, with ids and senders', async () => {
    await declareQueues();
    const toB = cordaAddresses.peerQueue(b.id);
    await send(toB, 'waiting', WAITING);
    await send(cordaAddresses.ingress(a.id, a.id), 'dead', DEAD);
    await rejectAll(DEAD);
    await broker.stop();

    broker = await brokerOf(a.dev);
    await broker.start();
    await a.start();
    expect(await atA((operations) => operations.version())).toBe('2.56.0');
    expect(a.sidecar.status()).toMatchObject({ broker: { state: 'ready', version: '2.56.0' } });
    expect([await countIn(toB), await countIn(DEAD_LETTERS)]).toEqual([WAITING, DEAD]);
    // The broker still knows the ids of what it had stored: who was not told sends again.
    await send(toB, 'waiting', 10);
    expect(await countIn(toB)).toBe(WAITING);

    const dead = await openDeadLetters(a.config, systemClock);
    const letters = await dead.store.list({}, { skip: 0, limit: 10 });
    const ids = Array.from({ length: DEAD }, (_, index) => `dead-${index + 1}`);
    expect(letters.map(({ duplicateId }) => duplicateId)).toEqual(ids);
    expect(new Set(letters.map(({ peer }) => peer))).toEqual(new Set([a.id]));
    await dead.close();

    await b.start();
    const collector = new Collector(await nodeAccess(b.dev), b.id);
    await collector.start();
    const { numbers } = collector.of('waiting');
    await until('all have arrived', () => numbers.length >= WAITING, 60_000);
    await until('nothing waits any more', async () => (await countIn(toB)) === 0);
    await collector.close();
    expect(breaks(numbers)).toEqual([]);
    expect(collector.of('waiting')).toMatchObject({ twice: 0, senders: new Set([a.id]) });
  });
});
