import { createPrivateKey, X509Certificate } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCertificates } from '../certificates/certificate';
import { verifyCordaChain } from '../certificates/corda-roles';
import { keySchemeOf } from '../certificates/keys';
import { checkReferences } from '../config/check-references';
import { loadConfig } from '../config/load-config';
import { verifyPassword } from '../config/password-hash';
import { loadRpcUsers } from '../config/rpc-users';
import { ManualClock } from '../lib/clock';
import type { Peer } from '../network/peer';
import { readNodeInfoJson } from '../network-map/node-info-json';
import { verifyNodeInfo } from '../network-map/verify-node-info';
import { addNode, publishNodeInfo } from './add-node';
import { createDevNetwork } from './create-dev-network';
import { settingsAt, type DevNetwork } from './dev-network';
import { openDevNetwork } from './open-dev-network';
import { partyName } from './names';

const NOW = Date.UTC(2026, 10, 22);
const NOTARY = 'O=Notary, L=Zurich, C=CH';
let counter = 0;
const random = (bytes: number): Uint8Array => Buffer.alloc(bytes, (counter += 1));
const settings = settingsAt(new ManualClock(NOW), random);

let base: string;
let network: DevNetwork;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'dev-network-'));
  const nodes = [
    { name: partyName(0), services: [NOTARY] },
    { name: partyName(1), identityKey: 'secp256k1', services: [NOTARY, NOTARY] },
    { name: partyName(2), identityKey: 'rsa', host: 'party-c.example' },
  ] as const;
  network = await createDevNetwork({ ...settings, folder: join(base, 'net'), nodes, basePort: 20_000 });
});

afterAll(() => rm(base, { recursive: true, force: true }));

async function peerIn(file: string): Promise<Peer> {
  const roots = parseCertificates(await readFile(network.files.root, 'utf8'));
  return verifyNodeInfo(readNodeInfoJson(await readFile(file)), { roots, at: NOW });
}

/** A copy, for tests that change it. */
async function copyOf(name: string): Promise<DevNetwork> {
  await cp(network.files.folder, join(base, name), { recursive: true });
  return openDevNetwork(join(base, name));
}

test('every node has a NodeInfo that verifies, and the map of all', async () => {
  for (const node of network.nodes) {
    const own = await peerIn(node.files.nodeInfo);
    expect(own.identities.map(({ name }) => name.toCorda())).toEqual([node.name.toCorda()]);
    expect(own.addresses[0].port).toBe(node.ports.p2p);
    expect((await readdir(node.files.map)).sort()).toEqual(['party-a.json', 'party-b.json', 'party-c.json']);
    const [, nodeCa] = parseCertificates(await readFile(node.files.tlsChain, 'utf8'));
    expect(own.nodeCa).toBe(nodeCa?.pem());
  }
});

test('identities have the kind of key that was asked for, and nodes share the services', async () => {
  const peers = await Promise.all(network.nodes.map(({ files }) => peerIn(files.nodeInfo)));
  expect(peers.map(({ identities }) => keySchemeOf(identities[0].publicKey))).toEqual(['ed25519', 'secp256k1', 'rsa']);
  expect(peers.map(({ services }) => services.map(({ name }) => name.toCorda()))).toEqual([[NOTARY], [NOTARY], []]);
  expect(peers[0]?.services[0]?.id).toBe(peers[1]?.services[0]?.id);
});

test('TLS certificates keep to the rules of Corda and carry the key beside them', async () => {
  for (const { files, name } of network.nodes) {
    const chain = parseCertificates(await readFile(files.tlsChain, 'utf8'));
    const roots = parseCertificates(await readFile(files.roots, 'utf8'));
    const rules = { purpose: 'clientAuth' } as const;
    const verified = verifyCordaChain({ chain, roots, at: NOW, roles: ['TLS'], rules });
    expect(verified.path.map(({ subject }) => subject.toCorda())).toEqual([
      name.toCorda(),
      name.toCorda(),
      'CN=Doorman CA, O=Development Network, L=London, C=GB',
      'CN=Root CA, O=Development Network, L=London, C=GB',
    ]);
    const key = await readFile(files.tlsKey, 'utf8');
    expect(new X509Certificate(chain[0]?.pem() ?? '').checkPrivateKey(createPrivateKey(key))).toBe(true);
  }
});

test('the configuration of every node is complete, with ports of its own', async () => {
  const configs = await Promise.all(network.nodes.map(({ files }) => loadConfig(files.config)));
  expect((await Promise.all(configs.map((config) => checkReferences(config)))).flat()).toEqual([]);
  expect(configs.map(({ acceptors }) => Object.values(acceptors).map(({ port }: { port: number }) => port))).toEqual([
    [20_000, 20_001, 20_002, 20_003],
    [20_004, 20_005, 20_006, 20_007],
    [20_008, 20_009, 20_010, 20_011],
  ]);
  expect(configs.map(({ acceptors }) => acceptors.p2p.host)).toEqual(['127.0.0.1', '127.0.0.1', '0.0.0.0']);
});

test('the operator can log in with the password in the file', async () => {
  for (const { files } of network.nodes) {
    const [user] = await loadRpcUsers(files.rpcUsers);
    const password = (await readFile(files.operatorPassword, 'utf8')).trim();
    expect(user?.name).toBe('operator');
    expect(await verifyPassword(password, user?.passwordHash ?? '')).toBe(true);
  }
});

test('secrets are for their owner alone', async () => {
  const { files, nodes } = network;
  const secrets = nodes.flatMap(({ files: { tlsKey, identityKey, nodeCaKey, operatorPassword } }) => {
    return [tlsKey, identityKey, nodeCaKey, operatorPassword];
  });
  const all = [...secrets, files.rootKey, files.doormanKey, join(files.services, 'notary-key.pem')];
  const modes = await Promise.all(all.map(async (file) => (await stat(file)).mode & 0o777));
  expect(new Set(modes)).toEqual(new Set([0o600]));
});

test('a network that is read again is the one that was made', async () => {
  const read = await openDevNetwork(network.files.folder);
  expect(read.nodes.map(({ name }) => name.key())).toEqual(network.nodes.map(({ name }) => name.key()));
  expect(read.nodes.map(({ alias, ports, files }) => ({ alias, ports, files }))).toEqual(
    network.nodes.map(({ alias, ports, files }) => ({ alias, ports, files })),
  );
  expect(read.doorman.privateKey).toBe(network.doorman.privateKey);
  expect(read.doorman.chain.map((one) => one.fingerprint)).toEqual(network.doorman.chain.map((one) => one.fingerprint));
  expect(read.services.map(({ alias }) => alias)).toEqual(['notary']);
});

test('one more node knows all, and is known when it is published', async () => {
  const before = await copyOf('added');
  const { network: after, node } = await addNode(before, { name: partyName(3), services: [NOTARY] }, settings);
  expect(node.alias).toBe('party-d');
  expect((await readdir(node.files.map)).sort()).toEqual([
    'party-a.json',
    'party-b.json',
    'party-c.json',
    'party-d.json',
  ]);
  const others = before.nodes.map(({ files }) => files.map);
  const known = async (): Promise<boolean[]> =>
    Promise.all(others.map(async (map) => (await readdir(map)).includes('party-d.json')));
  expect(await known()).toEqual([false, false, false]);
  await publishNodeInfo(node, before.nodes);
  expect(await known()).toEqual([true, true, true]);

  const peer = await peerIn(join(before.nodes[0]?.files.map ?? '', 'party-d.json'));
  const first = await peerIn(network.nodes[0]?.files.nodeInfo ?? '');
  expect(peer.identities[0].name.toCorda()).toBe(partyName(3));
  expect(peer.services[0]?.id).toBe(first.services[0]?.id);
  const read = await openDevNetwork(after.files.folder);
  expect(read.nodes.map(({ alias }) => alias)).toEqual(['party-a', 'party-b', 'party-c', 'party-d']);
  const ports = read.nodes.flatMap((each) => Object.values(each.ports as unknown as Record<string, number>));
  expect(ports.sort()).toEqual(Array.from({ length: 16 }, (_, index) => 20_000 + index));
});

test.each([
  ['a name that is there', { name: 'O=party a, L=london, C=GB' }, 'DEV_NETWORK_NAME'],
  ['a name that Corda refuses', { name: 'O=Party Z' }, 'DEV_NETWORK_NAME'],
  ['what is no name', { name: 'Party Z' }, 'DEV_NETWORK_NAME'],
  ['the name of a service', { name: NOTARY }, 'DEV_NETWORK_NAME'],
  ['an alias that is there', { name: partyName(9), alias: 'party-b' }, 'DEV_NETWORK_ALIAS'],
  ['an alias that leads elsewhere', { name: partyName(9), alias: '../x' }, 'DEV_NETWORK_ALIAS'],
  ['ports that are taken', { name: partyName(9), ports: portsAt(20_002) }, 'DEV_NETWORK_PORTS'],
  ['a host that is none', { name: partyName(9), host: '0.0.0.0' }, 'NODE_INFO_ADDRESS'],
  ['ports that do not exist', { name: partyName(9), ports: portsAt(65_533) }, 'DEV_NETWORK_PORTS'],
])('no node is added with %s', async (_what, spec, code) => {
  await expect(addNode(network, spec, settings)).rejects.toMatchObject({ code });
  expect(await readdir(network.files.nodes)).toHaveLength(3);
});

test('a folder with content is left alone', async () => {
  const folder = join(base, 'full');
  await mkdir(folder);
  await writeFile(join(folder, 'letter.txt'), 'mine');
  const options = { ...settings, folder, nodes: [{ name: partyName(0) }] };
  await expect(createDevNetwork(options)).rejects.toMatchObject({ code: 'DEV_NETWORK_NOT_EMPTY' });
  await createDevNetwork({ ...options, replace: true });
  expect((await readdir(folder)).sort()).toEqual(['letter.txt', 'network', 'nodes']);
});

test('only a development network is replaced', async () => {
  const folder = join(base, 'foreign');
  await mkdir(join(folder, 'nodes', 'valuable'), { recursive: true });
  const options = { ...settings, folder, nodes: [{ name: partyName(0) }], replace: true };
  await expect(createDevNetwork(options)).rejects.toMatchObject({ code: 'DEV_NETWORK_FOREIGN' });
  expect(await readdir(join(folder, 'nodes'))).toEqual(['valuable']);
});

test('replacing leaves nothing of the old network', async () => {
  const { files, root } = await copyOf('replaced');
  const nodes = [{ name: partyName(5) }];
  await createDevNetwork({ ...settings, folder: files.folder, nodes, replace: true });
  const read = await openDevNetwork(files.folder);
  expect(read.nodes.map(({ alias }) => alias)).toEqual(['party-f']);
  expect(read.root.privateKey).not.toBe(root.privateKey);
  expect((await readdir(files.folder)).sort()).toEqual(['network', 'nodes']);
});

test('what is not a network is said to be none, and what is broken to be damaged', async () => {
  await expect(openDevNetwork(join(base, 'nowhere'))).rejects.toMatchObject({ code: 'DEV_NETWORK_MISSING' });
  const { files } = await copyOf('damaged');
  await writeFile(join(files.nodes, 'party-b', 'netmap.yaml'), 'node: 7\n');
  await expect(openDevNetwork(files.folder)).rejects.toMatchObject({ code: 'DEV_NETWORK_DAMAGED' });
});

test('a folder that cannot be made is an error of ours', async () => {
  await writeFile(join(base, 'a-file'), '');
  const options = { ...settings, nodes: [{ name: partyName(0) }] };
  for (const folder of [join(base, 'a-file'), join(base, 'a-file', 'below')]) {
    await expect(createDevNetwork({ ...options, folder })).rejects.toMatchObject({ code: 'DEV_NETWORK_UNWRITABLE' });
  }
});

function portsAt(p2p: number): DevNetwork['nodes'][number]['ports'] {
  return { p2p, node: p2p + 1, rpc: p2p + 2, rpcAdmin: p2p + 3 };
}
