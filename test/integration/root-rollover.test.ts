import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCertificates, type Certificate } from '../../sidecar/certificates/certificate';
import { issueCertificate } from '../../sidecar/certificates/issue';
import { X500Name } from '../../sidecar/certificates/x500-name';
import { PLATFORM_VERSION } from '../../sidecar/dev-network/build-node';
import { chainPem } from '../../sidecar/dev-network/credential';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import {
  issueAuthority,
  issueIdentity,
  issueNodeCa,
  issueTls,
  type Authority,
} from '../../sidecar/dev-network/issue-corda';
import { writeFileAtomic } from '../../sidecar/lib/atomic-file';
import { systemClock } from '../../sidecar/lib/clock';
import { signNodeInfo } from '../../sidecar/network-map/node-info-writer';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import { startTestNetwork, type TestNetwork } from './support/node';
import { nodeAccess } from './support/node-access';
import { nodeInfoAt, putIntoMap } from './support/published';
import { Side } from './support/side';
import { until } from './support/until';

const RUN = 'rollover';
const PER_SECOND = 100;
const LIVE_MS = 40_000;
const STRANGER = X500Name.parse('O=Party C,L=Rome,C=IT');

jest.setTimeout(400_000);

let network: TestNetwork;
let a: Side;
let b: Side;
let next: Authority;
let roots: { readonly old: Certificate; readonly new: Certificate };

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
    ],
  });
  const [one, other] = [network.node('a'), network.node('b')];
  a = await Side.of(one, other, RUN);
  b = await Side.of(other, one, RUN);
  next = issueAuthority(settings());
  roots = { old: network.network.root.chain[0], new: next.root.chain[0] };
  for (const { sender } of [a, b]) sender.sendSteadily(PER_SECOND);
  await until('messages cross both ways', () => a.arrived > 200 && b.arrived > 200, LIVE_MS);
});
afterAll(async () => {
  await Promise.all([a, b].map((side) => side.close()));
  await network.stop();
});

test('a second root is trusted by all: no connection is closed, and who is known by it alone is on the map', async () => {
  const before = await lasting();
  for (const side of [a, b]) await trust(side, [roots.old, roots.new]);
  const stranger = await strangerOf(next);
  await writeFile(mapFile(a), stranger.nodeInfo);
  await until('he is on the map', () => isOnMap(a), LIVE_MS);
  await until('he is let in', async () => (await a.peerLogin(stranger)) === 'let in', LIVE_MS);
  await rm(mapFile(a));
  await until('he has left', () => !isOnMap(a), LIVE_MS);
  expect(await closedSince(before)).toEqual([]);
});

test('one node has its certificates and its NodeInfo by the new root: only the bridge to it is made anew', async () => {
  const before = await lasting();
  await moveToNewRoot(a, b);
  await crossing(200);
  expect(why(b)).toEqual(['the map changed: stores are written']);
  expect(await closedSince(before)).toEqual(bridge('b', 'a'));
});

test('a root that is dropped while a peer is under it: he leaves live, what is for him waits, and he is back with it', async () => {
  const before = await lasting();
  await trust(a, [roots.new]);
  await until('he is off the map', () => !knows(a, b), LIVE_MS);
  await until('he is refused', async () => (await a.peerLogin(await shownBy(b))) === 'ACCESS_TLS', LIVE_MS);
  const [sent, arrived] = [a.sender.accepted, b.arrived];
  await until('messages for him are taken', () => a.sender.accepted > sent + PER_SECOND, LIVE_MS);
  // What had left before he did.
  expect(b.arrived - arrived).toBeLessThan(PER_SECOND);
  const queue = cordaAddresses.peerQueue(b.node.id);
  expect(await a.operations.filledQueues(queue)).toEqual([queue]);
  await trust(a, [roots.old, roots.new]);
  await until('he is back', () => knows(a, b), LIVE_MS);
  await crossing(200);
  expect(why(a)).toEqual(['the map changed: logins change', 'the map changed: configuration changes']);
  expect(await closedSince(before)).toEqual([...bridge('a', 'b'), ...bridge('b', 'a')].sort());
});

test('the other node has its certificates by the new root, too', async () => {
  const before = await lasting();
  await moveToNewRoot(b, a);
  await crossing(200);
  expect(why(a)).toEqual(['the map changed: stores are written']);
  expect(await closedSince(before)).toEqual(bridge('a', 'b'));
});

test('the old root is dropped by all: no connection is closed; all that was sent arrived, once', async () => {
  const before = await lasting();
  for (const side of [a, b]) await trust(side, [roots.new]);
  await crossing(200);
  expect(await closedSince(before)).toEqual([]);
  const good = { breaks: [], twice: 0, refused: [], connections: 1 };
  expect(await a.outcome(b, LIVE_MS)).toEqual({ ...good, senders: [a.node.id] });
  expect(await b.outcome(a, LIVE_MS)).toEqual({ ...good, senders: [b.node.id] });
});

test('who is of the old root gets no further than the handshake, and his NodeInfo not on the map', async () => {
  const stranger = await strangerOf(network.network);
  await writeFile(mapFile(a), stranger.nodeInfo);
  const parked = (): string | undefined =>
    a.node.sidecar.status().map.parked.find(({ origin }) => origin === 'stranger.json')?.code;
  await until('it is parked', () => parked() !== undefined, LIVE_MS);
  expect([parked(), isOnMap(a), await a.peerLogin(stranger)]).toEqual(['NODE_INFO_CHAIN', false, 'ACCESS_TLS']);
});

function settings() {
  return settingsAt(systemClock, randomBytes);
}

/** Puts roots into a node's file, and waits for what follows. */
async function trust({ node }: Side, wanted: readonly Certificate[]): Promise<void> {
  const taken = (): number => node.log.filter((line) => line.includes('certificates were renewed')).length;
  const before = taken();
  await writeFileAtomic(node.dev.files.roots, chainPem(wanted));
  await until('the roots are taken', () => taken() > before, LIVE_MS);
  await until('nothing is held', () => node.sidecar.status().certificates === undefined, LIVE_MS);
}

/** All certificates anew under the new root, for the same identity key; the other node gets the NodeInfo by its folder. */
async function moveToNewRoot(side: Side, other: Side): Promise<void> {
  const { dev, material } = side.node;
  const [identity] = parseCertificates(await readFile(dev.files.identityChain, 'utf8'));
  const { subject, publicKey } = identity as Certificate;
  const nodeCa = issueNodeCa(next.doorman, subject, settings());
  const tls = issueTls(nodeCa, settings());
  const issued = issueCertificate({
    ...{ subject, subjectKey: publicKey, validity: settings().validity, serial: BigInt(Date.now()) },
    issuer: { privateKey: nodeCa.privateKey, certificate: nodeCa.chain[0] },
    ...{ ca: true, keyUsage: ['digitalSignature', 'keyCertSign'], cordaRole: 'LEGAL_IDENTITY' },
  });
  await writeFile(dev.files.identityChain, chainPem([issued, ...nodeCa.chain]));
  const nodeInfo = await nodeInfoAt(dev, material.own.addresses, BigInt(Date.now()));
  const changed = (): boolean => side.node.log.some((line) => line.includes('the own NodeInfo has changed'));
  await writeFileAtomic(dev.files.nodeInfo, nodeInfo);
  await writeFileAtomic(dev.files.tlsKey, tls.privateKey, { mode: 0o600 });
  await writeFileAtomic(dev.files.tlsChain, chainPem(tls.chain));
  await until('all of it is taken', changed, LIVE_MS);
  expect(
    parseCertificates((await shownBy(side)).chain)
      .at(-1)
      ?.equals(roots.new),
  ).toBe(true);
  for (const { node } of [side, other]) await putIntoMap(node.dev, dev, nodeInfo);
}

async function crossing(messages: number): Promise<void> {
  const soFar = [a.arrived, b.arrived];
  const on = (): boolean => [a, b].every(({ arrived }, at) => arrived > (soFar[at] ?? 0) + messages);
  await until('messages cross both ways', on, 2 * LIVE_MS);
}

/** The one connection of a bridge, as both ends see it. */
function bridge(from: 'a' | 'b', to: 'a' | 'b'): string[] {
  return [`${from}: AMQP of nobody`, `${to}: AMQP of ${SYSTEM_USERS.peer}`].sort();
}

/** What was last changed at a node, and why. */
function why({ node }: Side): string[] {
  const changes = node.sidecar.status().live?.changes ?? [];
  return changes.map((change) => `${change.why}: ${change.what.split(':')[0] ?? ''}`);
}

async function lasting() {
  return Promise.all([a, b].map((side) => side.lasting(PER_SECOND)));
}

/** Of connections that lasted, those that are there no more: at which node, and whose they were. */
async function closedSince(before: Awaited<ReturnType<typeof lasting>>): Promise<string[]> {
  const after = await Promise.all([a, b].map((side) => side.connections()));
  return before.flatMap((connections, at) =>
    [...connections.values()]
      .filter(({ id }) => after[at]?.has(id) === false)
      .map(({ users: [user = 'nobody'], protocol }) => `${['a', 'b'][at] ?? ''}: ${protocol} of ${user}`)
      .sort(),
  );
}

function knows(side: Side, other: Side): boolean {
  return side.node.sidecar.status().peers.some(({ id }) => id === other.node.id);
}

async function shownBy({ node }: Side): Promise<{ readonly key: string; readonly chain: string }> {
  const { key, chain } = await nodeAccess(node.dev);
  return { key, chain };
}

function mapFile({ node }: Side): string {
  return join(node.dev.files.map, 'stranger.json');
}

function isOnMap({ node }: Side): boolean {
  return node.sidecar.status().peers.some(({ name }) => name.includes('Party C'));
}

/** Somebody whom an authority has let into its network. */
async function strangerOf({ doorman }: Pick<Authority, 'doorman'>) {
  const nodeCa = issueNodeCa(doorman, STRANGER, settings());
  const tls = issueTls(nodeCa, settings());
  const { chain, privateKey } = issueIdentity(nodeCa, 'p256', settings());
  const { text } = await signNodeInfo({
    addresses: [{ host: '127.0.0.1', port: 9 }],
    ...{ platformVersion: PLATFORM_VERSION, serial: BigInt(Date.now()) },
    identities: [{ role: 'legal', certificates: chain, privateKey }],
  });
  return { key: tls.privateKey, chain: chainPem(tls.chain), nodeInfo: text };
}
