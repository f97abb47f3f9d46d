import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCertificates } from '../certificates/certificate';
import { loadConfig } from '../config/load-config';
import { createDevNetwork } from '../dev-network/create-dev-network';
import { settingsAt, type DevNode } from '../dev-network/dev-network';
import { ManualClock, systemClock } from '../lib/clock';
import { readNodeMaterial } from './node-material';

let folder: string;
let a: DevNode;
let b: DevNode;
let stranger: DevNode;

async function network(path: string, names: readonly string[]): Promise<readonly DevNode[]> {
  const nodes = names.map((alias, index) => ({
    name: `O=Party ${alias}, L=London, C=GB`,
    alias,
    ports: { p2p: 10_001 + index * 4, node: 10_002 + index * 4, rpc: 10_003 + index * 4, rpcAdmin: 10_004 + index * 4 },
  }));
  return (await createDevNetwork({ folder: path, nodes, ...settingsAt(systemClock, randomBytes) })).nodes;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-material-'));
  const [first, second] = await network(join(folder, 'one'), ['a', 'b']);
  const [other] = await network(join(folder, 'other'), ['a']);
  if (first === undefined || second === undefined || other === undefined) throw new Error('no network');
  [a, b, stranger] = [first, second, other];
});
afterEach(() => rm(folder, { recursive: true }));

const material = async (clock = systemClock) => readNodeMaterial(await loadConfig(a.files.config), clock);
const read = (path: string): Promise<string> => readFile(path, 'utf8');

test('a node is known by its NodeInfo, with what its broker shows and trusts', async () => {
  const { own, roots, stores } = await material();
  const [leaf] = parseCertificates(await read(a.files.tlsChain));
  expect(own.identities[0].name.toCorda()).toBe('O=Party a, L=London, C=GB');
  expect(stores.nodeKey.trim()).toBe((await read(a.files.tlsKey)).trim());
  expect(stores.ownCertificate).toBe(leaf?.pem());
  expect(parseCertificates(stores.nodeChain)).toHaveLength(parseCertificates(await read(a.files.tlsChain)).length);
  expect(stores.roots).toBe(roots.map((root) => root.pem()).join(''));
  expect(stores.rpc).toBeUndefined();
});

test.each([
  ['a key of another certificate', 'NODE_KEY_MISMATCH', () => cp(b.files.tlsKey, a.files.tlsKey)],
  ['a key that is none', 'NODE_KEY_MISMATCH', () => writeFile(a.files.tlsKey, 'not a key', { mode: 0o600 })],
  ['a NodeInfo of another node', 'NODE_NAME_MISMATCH', () => cp(b.files.nodeInfo, a.files.nodeInfo)],
  ['roots of another network', 'NODE_CHAIN', () => cp(stranger.files.roots, a.files.roots)],
  ['no root', 'NODE_CHAIN', () => writeFile(a.files.roots, '')],
  ['an identity instead of a TLS certificate', 'NODE_CHAIN', () => cp(a.files.identityChain, a.files.tlsChain)],
  ['a chain without certificates', 'NODE_CHAIN', () => writeFile(a.files.tlsChain, '# none\n')],
])('%s is refused: %s', async (_what, code, damage) => {
  await damage();
  await expect(material()).rejects.toMatchObject({ code, remedy: expect.any(String) as string });
});

test('a chain of which the leaf is not the first is refused', async () => {
  const chain = parseCertificates(await read(a.files.tlsChain));
  await writeFile(
    a.files.tlsChain,
    chain
      .reverse()
      .map((one) => one.pem())
      .join(''),
  );
  await expect(material()).rejects.toMatchObject({ code: 'NODE_CHAIN' });
});

test('what has expired is refused', async () => {
  const later = new ManualClock(systemClock.now() + 100 * 365 * 86_400_000);
  await expect(material(later)).rejects.toMatchObject({
    code: 'NODE_CHAIN',
    message: expect.stringMatching(/expired/i) as string,
  });
});

test('a file that is missing is named', async () => {
  const config = await loadConfig(a.files.config);
  await rm(a.files.tlsChain);
  await expect(readNodeMaterial(config, systemClock)).rejects.toMatchObject({
    code: 'CONFIG_MISSING',
    message: expect.stringContaining(a.files.tlsChain) as string,
  });
});

test('a NodeInfo that cannot be read, or certificates that are none, are told with their place', async () => {
  await writeFile(a.files.nodeInfo, '{}');
  await expect(material()).rejects.toMatchObject({ code: expect.stringMatching(/^NODE_INFO/) as string });
  await cp(b.files.nodeInfo, a.files.nodeInfo);
  await writeFile(a.files.tlsChain, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  await expect(material()).rejects.toMatchObject({
    code: expect.stringMatching(/^(NODE|CERTIFICATE|CONFIG)/) as string,
    message: expect.stringContaining(a.files.tlsChain) as string,
  });
});
