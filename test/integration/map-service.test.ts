import { randomBytes } from 'node:crypto';
import { mapAccess } from '../../sidecar/control/map-access';
import { loadConfig } from '../../sidecar/config/load-config';
import { systemClock } from '../../sidecar/lib/clock';
import { X500Name } from '../../sidecar/certificates/x500-name';
import { PLATFORM_VERSION } from '../../sidecar/dev-network/build-node';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import { issueIdentity } from '../../sidecar/dev-network/issue-corda';
import { readNodeCredentials } from '../../sidecar/dev-network/open-dev-network';
import { signNodeInfo } from '../../sidecar/network-map/node-info-writer';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { breaks, Collector } from './support/collector';
import { ServedNetwork } from './support/map-service';
import { TestNode } from './support/node';
import { nodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { NumberedSender } from './support/numbered-sender';
import { nodeInfoAt } from './support/published';
import { until } from './support/until';

const NAMES = { a: 'O=Party A,L=London,C=GB', b: 'O=Party B,L=Paris,C=FR', c: 'O=Party C,L=Rome,C=IT' };
const SOON_MS = 60_000;

jest.setTimeout(600_000);

let served: ServedNetwork;
let a: TestNode;
let b: TestNode;
let c: TestNode;
/** Messages between two looks, at fifty a second. */
const APART = 100;

let management: NodeOperations[] = [];
let sender: NumberedSender;
let collector: Collector;

beforeAll(async () => {
  served = await ServedNetwork.create(Object.entries(NAMES).map(([alias, name]) => ({ alias, name })));
  await served.serve();
  const nodes = served.network.nodes.map(async (dev) => TestNode.of(dev, await loadConfig(dev.files.config)));
  [a, b, c] = (await Promise.all(nodes)) as [TestNode, TestNode, TestNode];
  await Promise.all([a.start(), b.start()]);
  await until('two nodes are live for each other', () => isLive(a, b) && isLive(b, a), SOON_MS);
  const [atA, atB] = [await nodeAccess(a.dev), await nodeAccess(b.dev)];
  management = [new NodeOperations(atA), new NodeOperations(atB)];
  sender = new NumberedSender({ access: atA, to: cordaAddresses.peerQueue(b.id), run: 'run' });
  collector = new Collector(atB, b.id);
  await Promise.all([sender.start(), collector.start()]);
  sender.sendSteadily(50);
  await until('messages flow', () => collector.of('run').numbers.length > 50, SOON_MS);
});
afterAll(async () => {
  await Promise.allSettled([sender, collector, ...management].map((client) => client.close()));
  await Promise.allSettled([a, b, c].map((node) => node.stop()));
  await served.remove();
});

test('nodes join, move and leave by a map service alone, and go on without it: nothing is lost, no connection reset', async () => {
  const before = await Promise.all(management.map(lastingIds));

  await c.start();
  await until('all know all', () => [a, b].every((node) => knows(node, c) && knows(c, node)), SOON_MS);

  const moved = [{ host: 'localhost', port: c.dev.ports.p2p }];
  await publish(c, await nodeInfoAt(c.dev, moved, later()));
  await until(
    'the move is known',
    () => [a, b].every((node) => addressesOf(node, c)[0]?.startsWith('localhost')),
    SOON_MS,
  );

  await expect(publish(c, await withAnotherKey(c))).rejects.toMatchObject({ code: 'MAP_SERVICE_STATUS' });
  await served.service.remove(X500Name.parse(NAMES.c));
  await until('who was removed is gone', () => !knows(a, c) && !knows(b, c), SOON_MS);
  await publish(c, await nodeInfoAt(c.dev, moved, later()));
  await until('who publishes again is back', () => knows(a, c) && knows(b, c), SOON_MS);

  await served.stopServing();
  const backup = await served.backUp();
  await until('the service is missed', () => [a, b].every(isFailing), SOON_MS);
  const alone = collector.of('run').numbers.length;
  await until('messages go on', () => collector.of('run').numbers.length > alone + 100, SOON_MS);
  expect([knows(a, b), knows(a, c), knows(b, a), knows(b, c)]).toEqual([true, true, true, true]);
  await served.restore(backup);
  await served.serve();
  await until('the service is back', () => ![a, b].some(isFailing), SOON_MS);
  expect([knows(a, b), knows(a, c), knows(b, a), knows(b, c)]).toEqual([true, true, true, true]);

  sender.stop();
  const arrived = collector.of('run');
  await until('all has arrived', () => arrived.numbers.length >= sender.sent, SOON_MS);
  expect(sender.refused).toEqual([]);
  expect(breaks(arrived.numbers)).toEqual([]);
  expect([arrived.twice, [...arrived.senders], sender.connections]).toEqual([0, [a.id], 1]);
  const after = await Promise.all(management.map(connectionIds));
  before.forEach((ids, index) => expect(after[index]).toEqual(expect.arrayContaining(ids)));
});

function peerAt(node: TestNode, other: TestNode) {
  return node.sidecar.status().peers.find(({ id }) => id === other.id);
}

function knows(node: TestNode, other: TestNode): boolean {
  return peerAt(node, other) !== undefined;
}

/** Knows it, and its broker has the queue and the bridge. */
function isLive(node: TestNode, other: TestNode): boolean {
  return peerAt(node, other)?.phase !== undefined;
}

function addressesOf(node: TestNode, other: TestNode): readonly string[] {
  return peerAt(node, other)?.addresses ?? [];
}

function isFailing(node: TestNode): boolean {
  return node.sidecar.status().networkMap?.failingSince !== undefined;
}

function later(): bigint {
  return BigInt(Date.now());
}

async function publish(node: TestNode, nodeInfo: string): Promise<void> {
  const access = await mapAccess(node.config, PLATFORM_VERSION, systemClock);
  await access?.client.publish(Buffer.from(nodeInfo), new AbortController().signal);
}

/** A NodeInfo of the same name and certificate authority, with an identity key of its own. */
async function withAnotherKey({ dev }: TestNode): Promise<string> {
  const { nodeCa } = await readNodeCredentials(dev);
  const { chain, privateKey } = issueIdentity(nodeCa, 'ed25519', settingsAt(systemClock, randomBytes));
  const { text } = await signNodeInfo({
    addresses: [{ host: '127.0.0.1', port: dev.ports.p2p }],
    platformVersion: PLATFORM_VERSION,
    serial: later(),
    identities: [{ role: 'legal', certificates: chain, privateKey }],
  });
  return text;
}

/** Those that are there in several looks: what a proof or a preflight opens is gone by the next. */
async function lastingIds(operations: NodeOperations): Promise<string[]> {
  let lasting = await connectionIds(operations);
  for (let look = 0; look < 3; look += 1) {
    const wanted = collector.of('run').numbers.length + APART;
    await until('some time has passed', () => collector.of('run').numbers.length >= wanted, SOON_MS);
    const found = await connectionIds(operations);
    lasting = lasting.filter((id) => found.includes(id));
  }
  return lasting;
}

async function connectionIds(operations: NodeOperations): Promise<string[]> {
  return (await operations.connections()).filter(({ protocol }) => protocol === 'AMQP').map(({ id }) => id);
}
