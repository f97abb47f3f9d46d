import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueList } from '../../../test/interop/revocation/issue-list';
import { parseCertificates } from '../../certificates/certificate';
import { DAY_MS } from '../../certificates/forecast';
import { loadConfig } from '../../config/load-config';
import { createDevNetwork } from '../../dev-network/create-dev-network';
import { settingsAt, type DevNode } from '../../dev-network/dev-network';
import { openDevNetwork } from '../../dev-network/open-dev-network';
import { ManualClock } from '../../lib/clock';
import { certificatesStatus, isAllGood, type CertificatesStatus } from './certificates-status';

const START = Date.UTC(2030, 0, 1);
const YEARS = 3650;
let folder: string;
let node: DevNode;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-sight-'));
  const { nodes } = await createDevNetwork({
    folder,
    nodes: [{ name: 'O=Party A, L=London, C=GB' }, { name: 'O=Party B, L=Paris, C=FR' }],
    ...settingsAt(new ManualClock(START), randomBytes),
  });
  const [first] = nodes;
  if (first === undefined) throw new Error('no node');
  node = first;
});
afterEach(() => rm(folder, { recursive: true }));

const statusOn = async (day: number): Promise<CertificatesStatus> =>
  certificatesStatus(await loadConfig(node.files.config), 30 * DAY_MS, new ManualClock(START + day * DAY_MS));

test("the own certificates and the peers' are seen, each once", async () => {
  const found = await statusOn(0);
  expect(isAllGood(found)).toBe(true);
  expect(found.certificates.map(({ role }) => role).sort()).toEqual([
    ...['intermediate', 'node-ca', 'peer-ca', 'root', 'tls'],
  ]);
  expect(found.certificates.find(({ role }) => role === 'peer-ca')?.subject).toBe('O=Party B, L=Paris, C=FR');
});

test('what ends is told, also when nothing is good any more', async () => {
  const soon = await statusOn(YEARS - 10);
  expect(new Set(soon.certificates.map(({ verdict }) => verdict))).toEqual(new Set(['expiring']));
  expect(isAllGood(soon)).toBe(false);
  const late = await statusOn(YEARS + 1);
  expect(new Set(late.certificates.map(({ verdict }) => verdict))).toEqual(new Set(['expired']));
  expect(late.peersUnknown?.code).toBe('NODE_CHAIN');
});

test('an own certificate that its issuer has revoked is told as that', async () => {
  const { doorman } = await openDevNetwork(folder);
  const list = join(folder, 'doorman.crl');
  const [, nodeCa] = parseCertificates(await readFile(node.files.tlsChain, 'utf8'));
  await writeFile(list, issueList(doorman, { serials: [nodeCa?.serial ?? ''], thisUpdate: START }));
  const config = await loadConfig(node.files.config);
  const revocation = { lists: [{ file: list }], failure: 'soft', refreshSeconds: 60 } as const;
  const certificates = { ...config.certificates, revocation };
  const found = await certificatesStatus({ ...config, certificates }, 0, new ManualClock(START));
  expect(found.certificates.filter(({ verdict }) => verdict !== 'good').map(({ role }) => role)).toEqual(['node-ca']);
  expect(found.certificates.find(({ role }) => role === 'node-ca')?.verdict).toBe('revoked');
});

test('a file that cannot be read keeps none of the others from being seen', async () => {
  await writeFile(node.files.roots, 'no certificate');
  await appendFile(node.files.tlsChain, '\n-----BEGIN CERTIFICATE-----\nAAAA\n');
  const found = await statusOn(0);
  expect(found.unread.map(({ from }) => from)).toEqual([node.files.tlsChain, node.files.roots]);
  expect(isAllGood(found)).toBe(false);
});
