import { randomBytes } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { openVerifiedSocket } from '../../sidecar/broker/amqp/verified-socket';
import type { ConnectionInfo } from '../../sidecar/broker/operations-types';
import type { Certificate } from '../../sidecar/certificates/certificate';
import { renewTls } from '../../sidecar/control/certificates/renew-tls';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { breaks, Collector } from './support/collector';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess, openNode, type NodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { NumberedSender } from './support/numbered-sender';
import { until } from './support/until';

const RUN = 'rotation';
const PER_SECOND = 100;
const LIVE_MS = 60_000;

jest.setTimeout(400_000);

let network: TestNetwork;
let sides: Side[];

/** One node with an application that sends to the other and reads what comes from it. */
class Side {
  readonly collector: Collector;
  readonly sender: NumberedSender;
  readonly operations: NodeOperations;

  private constructor(
    readonly node: TestNode,
    other: TestNode,
    readonly access: NodeAccess,
  ) {
    this.collector = new Collector(access, node.id);
    this.sender = new NumberedSender({ access, to: cordaAddresses.peerQueue(other.id), run: RUN });
    this.operations = new NodeOperations(access);
  }

  static async of(node: TestNode, other: TestNode): Promise<Side> {
    const side = new Side(node, other, await nodeAccess(node.dev));
    await side.collector.start();
    await side.sender.start();
    return side;
  }

  async close(): Promise<void> {
    await Promise.all([this.collector.close(), this.sender.close(), this.operations.close()]);
  }

  get arrived(): number {
    return this.collector.of(RUN).numbers.length;
  }

  /** Of connections that last; probes come and go. */
  async connections(): Promise<Map<string, ConnectionInfo>> {
    return new Map((await this.operations.connections()).map((each) => [each.id, each]));
  }

  /** Serial number of the certificate that an acceptor shows to who connects now. */
  async shown(acceptor: 'p2p' | 'node' | 'rpc' | 'rpcAdmin'): Promise<string> {
    let leaf: Certificate | undefined;
    const socket = await openVerifiedSocket({
      address: { host: '127.0.0.1', port: this.node.dev.ports[acceptor] },
      tls: { verify: ([first]) => void (leaf = first) },
      timeoutMs: 5_000,
    });
    socket.on('error', () => undefined);
    socket.destroy();
    return leaf?.serial ?? 'none';
  }

  async renew(): Promise<string> {
    const { config } = this.node;
    const { certificate } = await renewTls({ config, days: 90, clock: systemClock, random: randomBytes });
    return certificate.serial;
  }
}

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
    ],
  });
  const [a, b] = [network.node('a'), network.node('b')];
  sides = [await Side.of(a, b), await Side.of(b, a)];
});
afterAll(async () => {
  await Promise.all(sides.map((side) => side.close()));
  await network.stop();
});

test('own certificates are renewed under load: no connection is closed, no message lost or doubled', async () => {
  for (const { sender } of sides) sender.sendSteadily(PER_SECOND);
  await until('messages cross both ways', () => sides.every(({ arrived }) => arrived > 200), LIVE_MS);
  for (const side of sides) {
    const before = await lasting(side);
    const serial = await side.renew();
    const kind = (): string | undefined => side.node.sidecar.status().live?.changes[0]?.kind;
    await until('it is installed and proven', () => kind() === 'install-certificates', LIVE_MS);
    for (const door of ['p2p', 'node', 'rpc', 'rpcAdmin'] as const) expect(await side.shown(door)).toBe(serial);
    const after = await side.connections();
    expect([...before].filter((id) => !after.has(id))).toEqual([]);
  }
  const crossed = sides.map(({ arrived }) => arrived);
  await until('messages still cross', () => sides.every(({ arrived }, at) => arrived > (crossed[at] ?? 0) + 200));
  await checkTraffic();
});

test('who comes with the certificate of before is not let in as the node any more, who has the new one is', async () => {
  for (const { access, node } of sides) {
    await expect(openNode(access)).rejects.toMatchObject({ code: 'ACCESS_WRONG_PEER' });
    const connection = await openNode(await nodeAccess(node.dev));
    await connection.close();
  }
});

test('a new certificate that is bad changes nothing, and status says why', async () => {
  const [{ node }, other] = sides as [Side, Side];
  const serial = await sides[0]?.shown('p2p');
  const chain = await readFile(node.dev.files.tlsChain);
  await copyFile(other.node.dev.files.tlsChain, node.dev.files.tlsChain);
  const held = (): string | undefined => node.sidecar.status().certificates?.held.code;
  await until('it is held', () => held() !== undefined, LIVE_MS);
  expect(held()).toBe('NODE_KEY_MISMATCH');
  expect(await sides[0]?.shown('p2p')).toBe(serial);
  await writeFile(node.dev.files.tlsChain, chain);
  await until('all is well again', () => held() === undefined, LIVE_MS);
  expect(await sides[0]?.shown('p2p')).toBe(serial);
});

/** Ids of connections that are still there after a while: those of applications, of the sidecar and of bridges. */
async function lasting(side: Side): Promise<Set<string>> {
  const first = await side.connections();
  const soFar = side.arrived;
  await until('probes have gone', () => side.arrived > soFar + PER_SECOND);
  const second = await side.connections();
  const both = [...first.keys()].filter((id) => second.has(id));
  // The application's three, the sidecar's, and the bridge that comes in.
  expect(both.length).toBeGreaterThanOrEqual(4);
  return new Set(both);
}

async function checkTraffic(): Promise<void> {
  for (const { sender } of sides) sender.stop();
  const [a, b] = sides as [Side, Side];
  const way = async (from: Side, to: Side): Promise<void> => {
    const { sender } = from;
    await until('all was accepted', () => sender.accepted === sender.sent);
    await until('all has arrived', () => to.arrived === sender.sent, LIVE_MS);
    const { numbers, twice, senders } = to.collector.of(RUN);
    expect({ breaks: breaks(numbers), twice, senders: [...senders], refused: sender.refused }).toEqual({
      ...{ breaks: [], twice: 0, senders: [from.node.id], refused: [] },
    });
    expect(sender.connections).toBe(1);
  };
  await way(a, b);
  await way(b, a);
}
