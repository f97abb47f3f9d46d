import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { DEAD_LETTERS } from '../../sidecar/plan/corda-addresses';
import { breaks, Collector } from '../integration/support/collector';
import { startTestNetwork, type TestNetwork, type TestNode } from '../integration/support/node';
import { nodeAccess, type NodeAccess } from '../integration/support/node-access';
import { NodeOperations } from '../integration/support/node-operations';
import { NumberedSender } from '../integration/support/numbered-sender';
import { nodeInfoAt, putIntoMap } from '../integration/support/published';
import { until } from '../integration/support/until';

const FLOOD = 20_000;
const FEW = 500;
/** Of one peer's messages so much is kept in memory, which is far less than the flood. */
const SMALL = 'memory: { globalMaxSize: 100M, addressMaxSize: 4M, pageSize: 1M }\n';

jest.setTimeout(600_000);

let network: TestNetwork;
let [a, b, c]: TestNode[] = [];
let operations: NodeOperations[];
let fromA: NumberedSender;
let fromC: NumberedSender;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
      { name: 'O=Party C,L=Rome,C=IT', alias: 'c' },
    ],
    start: [],
    configure: (config) => ({ ...config, broker: { ...config.broker, base: join(config.state, '..', 'broker.yaml') } }),
  });
  const nodes = ['a', 'b', 'c'].map((alias) => network.node(alias));
  [a, b, c] = nodes;
  for (const { config } of nodes) await writeFile(join(config.state, '..', 'broker.yaml'), SMALL);
  for (const node of nodes) await node.start();
  const accesses = await Promise.all(nodes.map(({ dev }) => nodeAccess(dev)));
  operations = accesses.map((access) => new NodeOperations(access));
  const to = cordaAddresses.peerQueue(id(b));
  const [atA, , atC] = accesses as [NodeAccess, NodeAccess, NodeAccess];
  fromA = new NumberedSender({ access: atA, to, run: 'a' });
  fromC = new NumberedSender({ access: atC, to, run: 'c' });
  await Promise.all([fromA.start(), fromC.start()]);
});
afterAll(async () => {
  await Promise.all([fromA, fromC, ...operations].map((client) => client.close()));
  await network.stop();
});

test('a peer that floods a node whose application is away waits at home, and keeps nobody else out', async () => {
  fromA.sendUpTo(FLOOD);
  await until('all is sent', () => fromA.accepted === FLOOD, 120_000);
  let last = -1;
  await until(
    'the peer takes no more',
    async () => {
      const before = last;
      last = await messagesAt(1, cordaAddresses.inboundQueue(id(b)));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return last > 0 && last === before;
    },
    120_000,
  );
  const waiting = await messagesAt(0, cordaAddresses.peerQueue(id(b)));
  expect(last).toBeLessThan(FLOOD / 2);
  expect(waiting).toBeGreaterThan(FLOOD / 2);
  expect(await memoryOf(1, cordaAddresses.ingress(id(b), id(a)))).toBeLessThan(6_000_000);

  // The way in of the peer that changes can be proven by nobody now: that must not hold the map.
  const before = b?.sidecar.status().live?.change;
  const [devA, devB] = [network.node('a').dev, network.node('b').dev];
  const addresses = [
    { host: '127.0.0.1', port: devA.ports.p2p },
    { host: 'localhost', port: devA.ports.p2p },
  ] as const;
  await putIntoMap(devB, devA, await nodeInfoAt(devA, addresses, BigInt(Date.now())));
  await until('the map is followed', () => b?.sidecar.status().live?.change !== before, 60_000);
  expect(b?.sidecar.status().held).toBeUndefined();

  fromC.sendUpTo(FEW);
  await until('another peer comes through', async () => {
    return (await messagesAt(1, cordaAddresses.inboundQueue(id(b)))) >= last + FEW;
  });

  const collector = new Collector(await nodeAccess(network.node('b').dev), id(b));
  await collector.start();
  try {
    const [runA, runC] = [collector.of('a'), collector.of('c')];
    await until('all has arrived', () => runA.numbers.length >= FLOOD && runC.numbers.length >= FEW, 120_000);
    for (const [run, from, count] of [
      [runA, a, FLOOD],
      [runC, c, FEW],
    ] as const) {
      expect(breaks(run.numbers)).toEqual([]);
      expect(run.numbers).toHaveLength(count);
      expect(run.twice).toBe(0);
      expect([...run.senders]).toEqual([id(from)]);
    }
  } finally {
    await collector.close();
  }
  for (const each of operations) expect(await each.filledQueues(DEAD_LETTERS)).toEqual([]);
});

async function memoryOf(node: number, address: string): Promise<number> {
  return Number(await operations[node]?.management.invoke(`address.${address}`, 'getAddressSize'));
}

function id(node: TestNode | undefined): string {
  return node?.id ?? '';
}

async function messagesAt(node: number, queue: string): Promise<number> {
  const found = await operations[node]?.listQueues({ field: 'name', operation: 'EQUALS', value: queue });
  return found?.[0]?.messageCount ?? 0;
}
