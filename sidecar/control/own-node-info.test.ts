import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCertificates, type Certificate } from '../certificates/certificate';
import { issueCertificate } from '../certificates/issue';
import { parseConfig } from '../config/load-config';
import type { Config, PublishConfig } from '../config/config';
import { createDevNetwork } from '../dev-network/create-dev-network';
import { chainPem } from '../dev-network/credential';
import { settingsAt } from '../dev-network/dev-network';
import { issueAuthority, issueNodeCa } from '../dev-network/issue-corda';
import { systemClock } from '../lib/clock';
import { certificateFiles } from './certificates/certificate-watch';
import { makeOwnNodeInfo, writeOwnNodeInfo, type OwnNodeInfo } from './own-node-info';

// Keys and certificates take their time on a busy machine.
jest.setTimeout(60_000);

let folder: string;
let roots: Certificate[];
let node: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-own-'));
  const nodes = ['A', 'B'].map((letter) => ({ name: `O=Party ${letter}, L=London, C=GB` }));
  const network = await createDevNetwork({ ...settingsAt(systemClock, randomBytes), folder, nodes });
  node = network.nodes[0]?.files.folder ?? '';
  roots = parseCertificates(await readFile(network.nodes[0]?.files.roots ?? '', 'utf8'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  for (const name of await readdir(node)) if (name.startsWith('nodeInfo-')) await rm(join(node, name));
});

function configOf(format: 'corda' | 'json', port = 10_002, more = ''): { config: Config; publish: PublishConfig } {
  const config = parseConfig(
    join(node, 'netmap.yaml'),
    `node:
  publish:
    identities: [{ key: { file: certificates/identity-key.pem }, chain: certificates/identity-chain.pem }${more}]
    addresses: [{ host: node.example, port: ${port} }]
certificates: { key: { file: certificates/tls-key.pem }, chain: certificates/tls-chain.pem, roots: certificates/roots.pem }
sources: [{ networkMap: { url: "https://map.example", format: ${format} } }]
`,
  );
  const { publish } = config.node;
  if (publish === undefined) throw new Error('not published');
  return { config, publish };
}

const now = Date.now();
const make = (settings = configOf('corda'), at = now, known?: bigint): Promise<OwnNodeInfo> =>
  makeOwnNodeInfo({ ...settings, trust: { roots, at }, knownSerial: () => known });

describe.each(['corda', 'json'] as const)('in the form %s', (format) => {
  test('is made of certificates and settings, and verifies', async () => {
    const own = await make(configOf(format));
    expect(own.peer.identities[0].name.toCorda()).toBe('O=Party A, L=London, C=GB');
    expect(own.peer).toMatchObject({
      addresses: [{ host: 'node.example', port: 10_002 }],
      platformVersion: 12,
      serial: BigInt(now),
    });
    expect(own.isNew).toBe(true);
  });

  test('stays as it is, to the byte, as long as its content does', async () => {
    const first = await make(configOf(format));
    await writeOwnNodeInfo(first);
    const second = await make(configOf(format), now + 86_400_000);
    expect([second.isNew, Buffer.from(second.bytes).equals(first.bytes)]).toEqual([false, true]);
  });

  test('another address raises the serial, whatever the clock says', async () => {
    await writeOwnNodeInfo(await make(configOf(format)));
    const changed = await make(configOf(format, 10_003), now - 86_400_000);
    expect([changed.isNew, changed.peer.serial]).toEqual([true, BigInt(now) + 1n]);
  });

  test('is newer than what the map has of this node, even where the file is gone', async () => {
    expect((await make(configOf(format), now, BigInt(now) + 7n)).peer.serial).toBe(BigInt(now) + 8n);
  });

  test('a file that cannot be used is made anew', async () => {
    const { file } = await make(configOf(format));
    await writeFile(file, 'torn');
    expect(await make(configOf(format))).toMatchObject({ isNew: true, file });
  });
});

test('an identity certificate under another root makes a newer one of the same node, once the root is trusted', async () => {
  const before = await make();
  await writeOwnNodeInfo(before);
  const chain = join(node, 'certificates', 'identity-chain.pem');
  const pem = await readFile(chain, 'utf8');
  const [identity] = parseCertificates(pem) as [Certificate];
  const settings = settingsAt(systemClock, randomBytes);
  const { root, doorman } = issueAuthority(settings);
  const nodeCa = issueNodeCa(doorman, identity.subject, settings);
  const renewed = issueCertificate({
    ...{ subject: identity.subject, subjectKey: identity.publicKey, validity: settings.validity, serial: 7n },
    issuer: { privateKey: nodeCa.privateKey, certificate: nodeCa.chain[0] },
    ...{ ca: true, keyUsage: ['digitalSignature', 'keyCertSign'], cordaRole: 'LEGAL_IDENTITY' },
  });
  try {
    await writeFile(chain, chainPem([renewed, ...nodeCa.chain]));
    await expect(make()).rejects.toMatchObject({ code: 'NODE_INFO_CHAIN' });
    const trust = { roots: [...roots, root.chain[0]], at: now };
    const { peer, isNew } = await makeOwnNodeInfo({ ...configOf('corda'), trust, knownSerial: () => undefined });
    expect([isNew, peer.serial > before.peer.serial, peer.nodeCa]).toEqual([true, true, nodeCa.chain[0].pem()]);
    expect(peer.identities[0].id).toBe(before.peer.identities[0].id);
  } finally {
    await writeFile(chain, pem);
  }
});

test('its key and chain are among the files whose change is followed', () => {
  const files = certificateFiles(configOf('corda').config);
  const names = ['identity-key.pem', 'identity-chain.pem', 'tls-key.pem', 'tls-chain.pem', 'roots.pem'];
  expect(files.sort()).toEqual(names.map((name) => join(node, 'certificates', name)).sort());
});

test('lies beside the configuration, named as Corda names it', async () => {
  const { file } = await make();
  expect(file).toMatch(/party-a\/nodeInfo-[0-9A-F]{64}$/);
  expect((await make(configOf('json'))).file).toBe(`${file}.json`);
});

test('a key that is not that of its certificate is refused', async () => {
  const other = ', { key: { file: certificates/tls-key.pem }, chain: certificates/identity-chain.pem }';
  await expect(make(configOf('corda', 1, other))).rejects.toMatchObject({ code: 'NODE_INFO_SIGNATURE_INVALID' });
});

test('a missing chain is told as such', async () => {
  const other = ', { key: { file: certificates/tls-key.pem }, chain: none.pem }';
  await expect(make(configOf('corda', 1, other))).rejects.toMatchObject({ code: 'NODE_CHAIN' });
});
