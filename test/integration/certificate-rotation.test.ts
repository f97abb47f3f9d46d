import { randomBytes } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import { openVerifiedSocket } from '../../sidecar/broker/amqp/verified-socket';
import type { ConnectionInfo } from '../../sidecar/broker/operations-types';
import { parseCertificates, type Certificate } from '../../sidecar/certificates/certificate';
import { X500Name } from '../../sidecar/certificates/x500-name';
import type { Config } from '../../sidecar/config/config';
import { renewTls } from '../../sidecar/control/certificates/renew-tls';
import { chainPem } from '../../sidecar/dev-network/credential';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import { issueAuthority, issueNodeCa, issueTls } from '../../sidecar/dev-network/issue-corda';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import { issueList } from '../interop/revocation/issue-list';
import { breaks, Collector } from './support/collector';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess, openNode, type NodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { NumberedSender } from './support/numbered-sender';
import { until } from './support/until';

const RUN = 'rotation';
const WAITING = 'waiting';
const PER_SECOND = 100;
const LIVE_MS = 150_000;
const REVOCATION = { failure: 'soft', refreshSeconds: 60 } as const;
/** What clocks of certificates may be behind, milliseconds. */
const SECOND = 1_000;

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

  /** What becomes of somebody who comes as a peer: the code of the refusal, or `let in`. */
  async peerLogin({ key, chain }: { readonly key: string; readonly chain: string }): Promise<string> {
    const { peer } = SYSTEM_USERS;
    try {
      const connection = await openAmqp({
        address: { host: '127.0.0.1', port: this.node.dev.ports.p2p },
        ...{ user: peer, password: peer, timeoutMs: 10_000 },
        tls: { key, chain, verify: () => undefined },
      });
      await connection.close();
      return 'let in';
    } catch (error) {
      return (error as { readonly code: string }).code;
    }
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
    configure: (config) => ({
      ...config,
      certificates: { ...config.certificates, revocation: { ...REVOCATION, lists: [{ file: listOf(config) }] } },
    }),
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

test('another root is trusted in the handshake as soon as it is in the file; no connection is closed', async () => {
  const [side] = sides as [Side, Side];
  const { node } = side;
  const authority = issueAuthority(settingsAt(systemClock, randomBytes));
  const tls = issueTls(
    issueNodeCa(authority.doorman, X500Name.parse('O=Party C,L=Rome,C=IT'), settingsAt(systemClock, randomBytes)),
    settingsAt(systemClock, randomBytes),
  );
  const newcomer = { key: tls.privateKey, chain: chainPem(tls.chain) };
  expect(await side.peerLogin(newcomer)).toBe('ACCESS_TLS');
  const before = await lasting(side, false);
  const roots = await readFile(node.dev.files.roots, 'utf8');
  await writeFile(node.dev.files.roots, roots + authority.root.chain[0].pem());
  // Known to the network's root, but to no map.
  await until('the root is trusted', async () => (await side.peerLogin(newcomer)) === 'ACCESS_LOGIN', LIVE_MS);
  await writeFile(node.dev.files.roots, roots);
  await until('the root is trusted no more', async () => (await side.peerLogin(newcomer)) === 'ACCESS_TLS', LIVE_MS);
  const after = await side.connections();
  expect([...before].filter((id) => !after.has(id))).toEqual([]);
});

test('who is revoked is let in no more, his messages wait, and he gets them when he is not revoked any more', async () => {
  const [a, b] = sides as [Side, Side];
  const { doorman } = network.network;
  const [, nodeCa] = parseCertificates(b.access.chain);
  const own = async () => {
    const { key, chain } = await nodeAccess(b.node.dev);
    return { key, chain };
  };
  expect(await a.peerLogin(await own())).toBe('let in');
  const list = listOf(a.node.config);
  const revoke = (serials: readonly string[], ago: number): Promise<void> =>
    writeFile(list, issueList(doorman, { serials, thisUpdate: Date.now() - ago, nextUpdate: Date.now() + 3_600_000 }));
  await revoke([nodeCa?.serial ?? ''], 60 * SECOND);
  const parked = (): string[] => a.node.sidecar.status().map.parked.map(({ code }) => code);
  await until('he is off the map', () => parked().includes('CERTIFICATE_REVOKED'), LIVE_MS);
  const refused = async (): Promise<boolean> => (await a.peerLogin(await own())) === 'ACCESS_LOGIN';
  await until('he is refused', refused, LIVE_MS);
  const arrived = b.arrived;
  const last = new NumberedSender({
    access: await nodeAccess(a.node.dev),
    to: cordaAddresses.peerQueue(b.node.id),
    run: WAITING,
  });
  await last.start();
  last.sendUpTo(5);
  await until('they wait', () => last.accepted === 5, LIVE_MS);
  await last.close();
  expect([b.arrived, b.collector.of(WAITING).numbers]).toEqual([arrived, []]);
  await revoke([], SECOND);
  await until('they have arrived', () => b.collector.of(WAITING).numbers.length === 5, 2 * LIVE_MS);
  expect([b.collector.of(WAITING).numbers, await a.peerLogin(await own())]).toEqual([[1, 2, 3, 4, 5], 'let in']);
});

/** Ids of connections that are still there after a while: those of applications, of the sidecar and of bridges. */
async function lasting(side: Side, flows = true): Promise<Set<string>> {
  const first = await side.connections();
  const soFar = side.arrived;
  if (flows) await until('probes have gone', () => side.arrived > soFar + PER_SECOND);
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

function listOf({ file }: Config): string {
  return join(dirname(file), 'doorman.crl');
}
