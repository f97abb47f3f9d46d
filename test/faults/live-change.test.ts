import { randomBytes } from 'node:crypto';
import { addNode } from '../../sidecar/dev-network/add-node';
import { settingsAt, type DevNetwork, type DevNode } from '../../sidecar/dev-network/dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { DEAD_LETTERS } from '../../sidecar/plan/corda-addresses';
import { breaks, Collector } from '../integration/support/collector';
import { startTestNetwork, type TestNetwork, type TestNode } from '../integration/support/node';
import { nodeAccess } from '../integration/support/node-access';
import { NodeOperations } from '../integration/support/node-operations';
import { NumberedSender } from '../integration/support/numbered-sender';
import { nodeInfoAt, putIntoMap, takeFromMap } from '../integration/support/published';
import { until } from '../integration/support/until';

const MESSAGES = 50_000;
const CHANGES = 50;
/** More would wait for the slower of the two brokers, and only make the test longer. */
const MOST_WAITING = 20_000;
const PEERS = 10;
const CHANGE_MS = 120_000;

jest.setTimeout(1_800_000);

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let others: DevNode[];
let management: [NodeOperations, NodeOperations];
let sender: NumberedSender;
let back: NumberedSender;
let collectors: [Collector, Collector];

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
    ],
  });
  a = network.node('a');
  b = network.node('b');
  others = await addOthers(network.network);
  const [toA, toB] = await Promise.all([nodeAccess(a.dev), nodeAccess(b.dev)]);
  management = [new NodeOperations(toA), new NodeOperations(toB)];
  sender = new NumberedSender({ access: toA, to: cordaAddresses.peerQueue(b.id), run: 'there' });
  back = new NumberedSender({ access: toB, to: cordaAddresses.peerQueue(a.id), run: 'back' });
  collectors = [new Collector(toA, a.id), new Collector(toB, b.id)];
  await Promise.all([sender, back, ...collectors].map((client) => client.start()));
});
afterAll(async () => {
  await Promise.all([sender, back, ...collectors, ...management].map((client) => client.close()));
  await network.stop();
});

test('peers come, move and go while messages flow at full rate: none is lost, no connection is reset', async () => {
  const [atA, atB] = collectors;
  sender.sendUpTo(100);
  back.sendSteadily(20);
  await until('both bridges carry', () => atB.of('there').numbers.length >= 100 && atA.of('back').numbers.length > 0);
  const before = await Promise.all(management.map(connectionIds));
  const links = await Promise.all(management.map(bridgesConnected));

  let wanted = 1_000;
  const pushing = setInterval(() => {
    // Full rate: there is always something on its way, until all changes are done and the number is reached.
    wanted = Math.max(wanted, Math.min(sender.sent + 5_000, atB.of('there').numbers.length + MOST_WAITING));
    sender.sendUpTo(wanted);
  }, 20);
  try {
    await Promise.all([changeMap(a), changeMap(b)]);
    await until('enough was sent', () => sender.sent >= MESSAGES, 600_000);
  } finally {
    clearInterval(pushing);
  }
  sender.stop();
  back.stop();
  const during = await Promise.all(management.map(connectionIds));
  await until('all arrived there', () => atB.of('there').numbers.length >= sender.sent, 600_000);
  await until('all arrived back', () => atA.of('back').numbers.length >= back.sent, 60_000);

  for (const [run, from, arrived] of [
    [sender, a, atB.of('there')],
    [back, b, atA.of('back')],
  ] as const) {
    expect(run.refused).toEqual([]);
    expect(breaks(arrived.numbers)).toEqual([]);
    expect(arrived.numbers).toHaveLength(run.sent);
    expect(arrived.twice).toBe(0);
    expect([...arrived.senders]).toEqual([from.id]);
    expect(run.connections).toBe(1);
  }
  expect(sender.sent).toBeGreaterThanOrEqual(MESSAGES);
  before.forEach((ids, index) => expect(during[index]).toEqual(expect.arrayContaining(ids)));
  expect(links).toEqual([[cordaBridge(b)], [cordaBridge(a)]]);
  for (const operations of management) {
    expect(await operations.filledQueues(DEAD_LETTERS)).toEqual([]);
    expect(await unrouted(operations)).toEqual([]);
  }
});

/** Fifty times: peers that join, move to another address, and leave; each is live before the next. */
async function changeMap(node: TestNode): Promise<void> {
  let serial = BigInt(Date.now());
  const there = new Set<DevNode>();
  for (let change = 0; change < CHANGES; change += 1) {
    const peer = others[change % PEERS] as DevNode;
    const round = Math.floor(change / PEERS);
    const before = node.sidecar.status();
    const leaves = round % 3 === 2;
    if (leaves) {
      there.delete(peer);
      await takeFromMap(node.dev, peer);
    } else {
      there.add(peer);
      serial += 1n;
      const port = 20_000 + (change % 1_000);
      await putIntoMap(node.dev, peer, await nodeInfoAt(peer, [{ host: '127.0.0.1', port }], serial));
    }
    await until(
      `change ${change} of ${node.alias} is live`,
      () => {
        const { held, map, live, peers } = node.sidecar.status();
        if (held !== undefined) throw new Error(held.message);
        const isLive = live?.change !== before.live?.change && map.revision > before.map.revision;
        return isLive && peers.length === there.size + 1;
      },
      CHANGE_MS,
    );
  }
}

async function addOthers(start: DevNetwork): Promise<DevNode[]> {
  const added: DevNode[] = [];
  let current = start;
  for (let number = 1; number <= PEERS; number += 1) {
    const name = `O=Other ${number},L=Rome,C=IT`;
    const result = await addNode(current, { name, alias: `other-${number}` }, settingsAt(systemClock, randomBytes));
    current = result.network;
    added.push(result.node);
  }
  return added;
}

async function connectionIds(operations: NodeOperations): Promise<string[]> {
  return (await operations.connections()).filter(({ protocol }) => protocol === 'AMQP').map(({ id }) => id);
}

async function bridgesConnected(operations: NodeOperations): Promise<string[]> {
  return (await operations.brokerConnections()).filter(({ connected }) => connected).map(({ name }) => name);
}

function cordaBridge(to: TestNode): string {
  return `peer.${to.id}`;
}

async function unrouted(operations: NodeOperations): Promise<string[]> {
  const addresses = await operations.listAddresses();
  return addresses
    .filter(({ name, unroutedCount }) => unroutedCount > 0 && name.startsWith('p2p.'))
    .map(({ name }) => name);
}
