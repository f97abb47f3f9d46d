import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { DEAD_LETTERS } from '../../sidecar/plan/corda-addresses';
import { Collector } from './support/collector';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { NumberedSender } from './support/numbered-sender';
import { putIntoMap, takeFromMap } from './support/published';
import { until } from './support/until';

/** Two looks for those who have left, and what a busy machine takes besides. */
const GONE_MS = 120_000;
const CLOSED = 'closed';
const KEPT = 'kept';

jest.setTimeout(400_000);

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let operations: NodeOperations;
let queue: string;
let ingress: string;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
    ],
    start: ['a'],
    configure: (config) => ({ ...config, eviction: { graceSeconds: 1 } }),
  });
  a = network.node('a');
  b = network.node('b');
  queue = cordaAddresses.peerQueue(b.id);
  ingress = cordaAddresses.ingress(a.id, b.id);
  operations = new NodeOperations(await nodeAccess(a.dev));
});
afterAll(async () => {
  await operations.close();
  await network.stop();
});

test('who left has nothing at the broker any more when the grace time is over, and all anew when he is back', async () => {
  const nodeInfo = await takeFromMap(a.dev, b.dev);
  await until('the queue and both addresses are gone', async () => (await present()).length === 0, GONE_MS);
  await until('nobody is told to have left', () => a.sidecar.status().departed === undefined, GONE_MS);
  await putIntoMap(a.dev, b.dev, nodeInfo);
  await until('all is there again', async () => (await present()).length === 3, GONE_MS);
});

test('what is sent to a queue that is about to go is in the dead letters', async () => {
  const nodeInfo = await takeFromMap(a.dev, b.dev);
  await until('it is about to go', async () => !(await isOpen()), GONE_MS);
  const before = await counted(DEAD_LETTERS);
  await send(CLOSED, 3);
  await until('they are in the dead letters', async () => (await counted(DEAD_LETTERS)) === before + 3);
  await putIntoMap(a.dev, b.dev, nodeInfo);
  await until('it is open again', isOpen, GONE_MS);
});

test('a queue with messages stays, and who is back gets them', async () => {
  const nodeInfo = await takeFromMap(a.dev, b.dev);
  await until('it has left', () => a.sidecar.status().peers.length === 0, GONE_MS);
  await send(KEPT, 5);
  const noted = (): number | undefined => a.sidecar.status().departed?.[0]?.messages;
  await until('it is told what waits', () => noted() === 5, GONE_MS);
  expect([await counted(queue), await isOpen()]).toEqual([5, true]);
  await a.stop();
  await a.start();
  expect(noted()).toBe(5);
  await putIntoMap(a.dev, b.dev, nodeInfo);
  await b.start();
  const inbox = new Collector(await nodeAccess(b.dev), b.id);
  await inbox.start();
  await until('they have arrived', () => inbox.of(KEPT).numbers.length === 5, GONE_MS);
  await inbox.close();
  expect([inbox.of(KEPT).numbers, [...inbox.of(KEPT).senders]]).toEqual([[1, 2, 3, 4, 5], [a.id]]);
});

async function present(): Promise<string[]> {
  const names = [...(await operations.queueNames()), ...(await operations.addressNames())];
  return names.filter((name) => name === queue || name === ingress);
}

async function isOpen(): Promise<boolean> {
  return (await operations.management.attribute(`queue.${queue}`, 'Enabled')) === true;
}

async function counted(name: string): Promise<number> {
  return (await operations.queueNames()).includes(name) ? operations.messageCount(name) : 0;
}

async function send(run: string, count: number): Promise<void> {
  const sender = new NumberedSender({ access: await nodeAccess(a.dev), to: queue, run });
  await sender.start();
  sender.sendUpTo(count);
  await until('they are stored', () => sender.accepted === count);
  await sender.close();
}
