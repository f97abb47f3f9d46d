import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../lib/package-root';
import { readDatabase, readSwaptacularNode } from './read-database';

const fixtures = join(packageRoot(), 'test/fixtures/swaptacular');
const CA = 'fc06c3edee3e2737c7089a3a03775c84';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'swaptacular-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function copyOf(name: 'aa' | 'ca'): string {
  cpSync(join(fixtures, name), folder, { recursive: true });
  return folder;
}

const put = (file: string, text: string): void => writeFileSync(join(folder, file), text);
const fixture = (file: string): string => readFileSync(join(fixtures, file), 'utf8');

test('the database of an accounting authority', async () => {
  const node = await readSwaptacularNode(join(fixtures, 'aa'));
  expect(node).toMatchObject({ id: '1234abcd', nodeType: 'accounting-authority', subnet: '1234abcd' });
  expect(node.serverCertificate).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  expect(node.peers).toHaveLength(1);
  expect(node.peers[0]).toMatchObject({
    id: CA,
    nodeType: 'creditors-agent',
    state: 'active',
    stomp: { servers: [{ host: '127.0.0.1', port: 24_120 }], host: '/', destination: '/exchange/creditors_in' },
    subnet: '000001',
    queues: 1,
  });
  const pem = [node.rootCertificate, node.peers[0]?.rootCertificate, node.peers[0]?.subCa];
  for (const one of pem) expect(one).toMatch(/^-----BEGIN CERTIFICATE-----\n[^-]*-----END CERTIFICATE-----\n$/);
});

test('the database of a creditors agent', async () => {
  const node = await readSwaptacularNode(join(fixtures, 'ca'));
  expect(node).toMatchObject({ id: CA, nodeType: 'creditors-agent', subnet: '000001' });
  expect(node.peers).toMatchObject([
    { id: '1234abcd', nodeType: 'accounting-authority', state: 'active', subnet: '000001', queues: 1 },
  ]);
});

test('what is half done is pending, what is deactivated stays so, and other files do no harm', async () => {
  copyOf('aa');
  rmSync(join(folder, `peers/${CA}/ACTIVE`));
  put('peers/kustomization.yaml', 'resources: []\n');
  mkdirSync(join(folder, 'peers/.unfinished'));
  rmSync(join(folder, 'server.crt'));
  const pending = await readSwaptacularNode(folder);
  expect(pending.peers[0]).toMatchObject({ state: 'pending', subCa: expect.any(String) as string });
  expect(pending).not.toHaveProperty('serverCertificate');
  put(`peers/${CA}/ACTIVE`, '');
  rmSync(join(folder, `peers/${CA}/sub-ca.crt`));
  const unregistered = await readSwaptacularNode(folder);
  expect(unregistered.peers[0]).toMatchObject({ state: 'pending' });
  expect(unregistered.peers[0]).not.toHaveProperty('subCa');
  put(`peers/${CA}/DEACTIVATED`, '2026-11-22\n');
  expect((await readSwaptacularNode(folder)).peers[0]).toMatchObject({ state: 'deactivated' });
});

test('without peers there are none', async () => {
  copyOf('aa');
  rmSync(join(folder, 'peers'), { recursive: true });
  expect((await readSwaptacularNode(folder)).peers).toEqual([]);
});

describe('the node itself cannot be read', () => {
  it.each<[string, string, () => void]>([
    ['DATABASE_FILE', 'root-ca.crt', () => rmSync(join(folder, 'root-ca.crt'))],
    ['DATABASE_FILE', 'db/nodeid', () => rmSync(join(folder, 'db/nodeid'))],
    ['BUNDLE_ROOT_INVALID', 'root-ca.crt', () => put('root-ca.crt', 'nothing')],
    ['BUNDLE_ROOT_NOT_SELF_ISSUED', 'root-ca.crt', () => put('root-ca.crt', fixture(`aa/peers/${CA}/sub-ca.crt`))],
    ['DATABASE_INVALID', 'db/nodetype', () => put('db/nodetype', 'Creditors Agents\n')],
    ['DATABASE_INVALID', 'db/nodetype', () => put('db/nodetype', 'Banks\n')],
    ['DATABASE_INVALID', 'db/nodeid', () => put('db/nodeid', '1234abce\n')],
    ['DATABASE_INVALID', 'server.crt', () => put('server.crt', fixture('ca/server.crt'))],
    ['DATABASE_INVALID', 'server.crt', () => put('server.crt', fixture('aa/server.key'))],
  ])('%s: %s', async (code, file, damage) => {
    copyOf('aa');
    damage();
    const error = await readDatabase(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(join(folder, file)) as string });
    expect(error).toHaveProperty('remedy', expect.stringMatching(/\w/));
  });

  it('has no subnet of the right form', async () => {
    copyOf('ca');
    put('creditors-subnet.txt', '1\n');
    await expect(readDatabase(folder)).rejects.toThrow(join(folder, 'creditors-subnet.txt'));
  });
});

describe('a peer that cannot be read is refused alone', () => {
  const peer = `peers/${CA}`;
  it.each<[string, string, () => void]>([
    ['DATABASE_FILE', 'root-ca.crt', () => rmSync(join(folder, peer, 'root-ca.crt'))],
    ['DATABASE_FILE', 'nodeinfo/stomp.toml', () => rmSync(join(folder, peer, 'nodeinfo/stomp.toml'))],
    ['STOMP_TOML', 'nodeinfo/stomp.toml', () => put(`${peer}/nodeinfo/stomp.toml`, 'servers = []\n')],
    ['DATABASE_INVALID', '', () => put(`${peer}/root-ca.crt`, fixture('aa/root-ca.crt'))],
    ['DATABASE_INVALID', 'nodetype.txt', () => put(`${peer}/nodetype.txt`, 'Debtors Agents\n')],
    ['DATABASE_INVALID', 'queues.txt', () => put(`${peer}/queues.txt`, '0\n')],
    ['DATABASE_INVALID', 'queues.txt', () => put(`${peer}/queues.txt`, '100\n')],
    ['DATABASE_INVALID', 'subnet.txt', () => put(`${peer}/subnet.txt`, '0001\n')],
    ['DATABASE_FILE', 'subnet.txt', () => rmSync(join(folder, peer, 'subnet.txt'))],
    ['PEER_CERTIFICATE_ISSUER', 'sub-ca.crt', () => put(`${peer}/sub-ca.crt`, fixture(`aa/${peer}/peercert.crt`))],
    ['PEER_CERTIFICATE_ISSUER', 'peercert.crt', () => put(`${peer}/peercert.crt`, fixture(`aa/${peer}/sub-ca.crt`))],
    ['PEER_CERTIFICATE_INVALID', 'sub-ca.crt', () => put(`${peer}/sub-ca.crt`, '')],
  ])('%s: %s', async (code, file, damage) => {
    copyOf('aa');
    cpSync(join(folder, peer), join(folder, 'peers', 'f'.repeat(32)), { recursive: true });
    damage();
    const { node, refused } = await readDatabase(folder);
    expect(node.peers).toEqual([]);
    expect(refused.map(({ id }) => id)).toEqual([CA, 'f'.repeat(32)]);
    expect(refused[0]?.error).toMatchObject({
      code,
      message: expect.stringContaining(join(folder, peer, file)) as string,
    });
    expect(refused[0]?.error.remedy).toMatch(/\w/);
    expect(refused[1]?.error.message).toContain(`the root in it is that of ${CA}`);
  });
});
