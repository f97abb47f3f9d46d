import { randomBytes } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseCertificates } from '../../sidecar/certificates/certificate';
import { X500Name } from '../../sidecar/certificates/x500-name';
import type { Config } from '../../sidecar/config/config';
import { renewTls } from '../../sidecar/control/certificates/renew-tls';
import { chainPem } from '../../sidecar/dev-network/credential';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import { issueAuthority, issueNodeCa, issueTls } from '../../sidecar/dev-network/issue-corda';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { issueList } from '../interop/revocation/issue-list';
import { breaks } from './support/collector';
import { startTestNetwork, type TestNetwork } from './support/node';
import { nodeAccess, openNode } from './support/node-access';
import { NumberedSender } from './support/numbered-sender';
import { shownSerial } from './support/shown-serial';
import { Side } from './support/side';
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
  sides = [await Side.of(a, b, RUN), await Side.of(b, a, RUN)];
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
    const serial = await renew(side);
    const kind = (): string | undefined => side.node.sidecar.status().live?.changes[0]?.kind;
    await until('it is installed and proven', () => kind() === 'install-certificates', LIVE_MS);
    for (const door of ['p2p', 'node', 'rpc', 'rpcAdmin'] as const)
      expect(await shownSerial(side.node.dev.ports[door])).toBe(serial);
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
  const { ports } = node.dev;
  const serial = await shownSerial(ports.p2p);
  const chain = await readFile(node.dev.files.tlsChain);
  await copyFile(other.node.dev.files.tlsChain, node.dev.files.tlsChain);
  const held = (): string | undefined => node.sidecar.status().certificates?.held.code;
  await until('it is held', () => held() !== undefined, LIVE_MS);
  expect(held()).toBe('NODE_KEY_MISMATCH');
  expect(await shownSerial(ports.p2p)).toBe(serial);
  await writeFile(node.dev.files.tlsChain, chain);
  await until('all is well again', () => held() === undefined, LIVE_MS);
  expect(await shownSerial(ports.p2p)).toBe(serial);
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

async function renew({ node: { config } }: Side): Promise<string> {
  const { certificate } = await renewTls({ config, days: 90, clock: systemClock, random: randomBytes });
  return certificate.serial;
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
