import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseCertificates, type Certificate } from '../../sidecar/certificates/certificate';
import { issueCertificate } from '../../sidecar/certificates/issue';
import { openAmqp } from '../../sidecar/broker/amqp/open-amqp';
import type { Config } from '../../sidecar/config/config';
import { chainPem } from '../../sidecar/dev-network/credential';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import { issueNodeCa, issueTls } from '../../sidecar/dev-network/issue-corda';
import { writeFileAtomic } from '../../sidecar/lib/atomic-file';
import { systemClock } from '../../sidecar/lib/clock';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import { issueList } from '../interop/revocation/issue-list';
import { crossing, Flow } from './support/flow';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { nodeInfoAt, putIntoMap } from './support/published';
import { shownSerial } from './support/shown-serial';
import { until } from './support/until';

const PER_SECOND = 100;
const LIVE_MS = 120_000;

jest.setTimeout(400_000);

let network: TestNetwork;
let a: TestNode;
/** It gets another node CA of the same network. */
let b: TestNode;
let flows: readonly Flow[];
let management: NodeOperations;
/** What B showed before. */
let old: Shown;

interface Shown {
  readonly key: string;
  readonly chain: string;
}

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
    ],
    configure: (config) => ({
      ...config,
      certificates: {
        ...config.certificates,
        revocation: { lists: [{ file: listOf(config) }], failure: 'soft', refreshSeconds: 60 },
      },
    }),
  });
  [a, b] = [network.node('a'), network.node('b')];
  management = new NodeOperations(await nodeAccess(a.dev));
  flows = await Promise.all([Flow.of(a, b), Flow.of(b, a)]);
  for (const { sender } of flows) sender.sendSteadily(PER_SECOND);
  await crossing(flows, 2 * PER_SECOND, LIVE_MS);
}, 300_000);
afterAll(async () => {
  const open = [...flows, management];
  await Promise.all(open.map((each) => each.close()));
  await network.stop();
});

test("a peer's new node CA comes by the map: it is let in by its new certificate, and no application is cut off", async () => {
  old = await shownBy(b);
  const applications = await connectionsOf(SYSTEM_USERS.node);
  const nodeInfo = await changeNodeCa();
  for (const { dev } of [a, b]) await putIntoMap(dev, b.dev, nodeInfo);
  const isTrusted = (): boolean => a.log.some((line) => line.includes('the map changed') && line.includes('"live"'));
  await until('it is live', isTrusted, LIVE_MS);
  expect(await peerLogin(await shownBy(b))).toBe('let in');
  await crossing(flows, 2 * PER_SECOND, LIVE_MS);
  const after = new Set(await connectionsOf(SYSTEM_USERS.node));
  expect(applications.filter((id) => !after.has(id))).toEqual([]);
});

test('who comes in is known by name and root: a certificate of the old node CA is let in, even when that one is revoked', async () => {
  const parked = (): number => a.sidecar.status().map.parked.length;
  const serials = [parseCertificates(old.chain)[1]?.serial ?? ''];
  expect(parked()).toBe(1);
  const times = { thisUpdate: Date.now(), nextUpdate: Date.now() + 3_600_000 };
  await writeFile(listOf(a.config), issueList(network.network.doorman, { serials, ...times }));
  await until('the list is read', () => parked() === 0, LIVE_MS);
  expect(await peerLogin(old)).toBe('let in');
});

test('of all that was sent meanwhile nothing is lost, nothing came twice', async () => {
  for (const flow of flows)
    expect(await flow.outcome(LIVE_MS)).toEqual({
      ...{ breaks: [], twice: 0, isFromSender: true },
      ...{ refused: [], connections: 1 },
    });
});

function listOf({ file }: Config): string {
  return join(dirname(file), 'doorman.crl');
}

/** Key, certificates and NodeInfo of B by another node CA of its own name, for the same identity key; answers the NodeInfo. */
async function changeNodeCa(): Promise<string> {
  const settings = settingsAt(systemClock, randomBytes);
  const { dev, material } = b;
  const { identityChain, nodeInfo, tlsKey, tlsChain } = dev.files;
  const [identity] = parseCertificates(await readFile(identityChain, 'utf8'));
  const { subject, publicKey } = identity as Certificate;
  const nodeCa = issueNodeCa(network.network.doorman, subject, settings);
  const issued = issueCertificate({
    ...{ subject, subjectKey: publicKey, validity: settings.validity, serial: BigInt(Date.now()) },
    issuer: { privateKey: nodeCa.privateKey, certificate: nodeCa.chain[0] },
    ...{ ca: true, keyUsage: ['digitalSignature', 'keyCertSign'], cordaRole: 'LEGAL_IDENTITY' },
  });
  await writeFile(identityChain, chainPem([issued, ...nodeCa.chain]));
  const text = await nodeInfoAt(dev, material.own.addresses, BigInt(Date.now()));
  const tls = issueTls(nodeCa, settings);
  await writeFileAtomic(nodeInfo, text);
  await writeFileAtomic(tlsKey, tls.privateKey, { mode: 0o600 });
  await writeFileAtomic(tlsChain, chainPem(tls.chain));
  const { serial } = tls.chain[0];
  await until('it is shown', async () => (await shownSerial(dev.ports.p2p)) === serial, LIVE_MS);
  return text;
}

async function shownBy({ dev }: TestNode): Promise<Shown> {
  const { key, chain } = await nodeAccess(dev);
  return { key, chain };
}

/** What becomes of somebody who comes to A as a peer: the code of the refusal, or `let in`. */
async function peerLogin({ key, chain }: Shown): Promise<string> {
  const { peer } = SYSTEM_USERS;
  try {
    const connection = await openAmqp({
      address: { host: '127.0.0.1', port: a.dev.ports.p2p },
      ...{ user: peer, password: peer, timeoutMs: 10_000 },
      tls: { key, chain, verify: () => undefined },
    });
    await connection.close();
    return 'let in';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

/** Ids of the connections that last at the broker of A; probes come and go. */
async function connectionsOf(user: string): Promise<string[]> {
  const now = async (): Promise<string[]> =>
    (await management.connections()).filter(({ users }) => users.includes(user)).map(({ id }) => id);
  const first = await now();
  await crossing(flows, 2 * PER_SECOND, LIVE_MS);
  const second = new Set(await now());
  return first.filter((id) => second.has(id));
}
