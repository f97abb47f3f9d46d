import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { nodeInfoAt, putIntoMap } from '../../test/integration/support/published';
import { parseCertificates, type Certificate } from '../certificates/certificate';
import { issueCertificate } from '../certificates/issue';
import type { RolloverStatus } from '../control/certificates/rollover/rollover-status';
import { createDevNetwork } from '../dev-network/create-dev-network';
import { chainPem } from '../dev-network/credential';
import { settingsAt, type DevNetwork, type DevNode } from '../dev-network/dev-network';
import { issueAuthority, issueNodeCa, issueTls, type Authority } from '../dev-network/issue-corda';
import { systemClock } from '../lib/clock';
import { EXIT } from './exit-codes';
import { runCli } from './main';

let folder: string;
let network: DevNetwork;
let [a, b]: DevNode[] = [];
let next: Authority;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollover-'));
  const ports = { p2p: 21_000, node: 21_001, rpc: 21_002, rpcAdmin: 21_003 };
  network = await createDevNetwork({
    folder: join(folder, 'net'),
    nodes: [
      { name: 'O=Party A, L=London, C=GB', ports },
      { name: 'O=Party B, L=Paris, C=FR', ports: { p2p: 22_000, node: 22_001, rpc: 22_002, rpcAdmin: 22_003 } },
    ],
    ...settings(),
  });
  [a, b] = network.nodes;
  next = issueAuthority(settings());
  await writeFile(join(folder, 'root.pem'), chainPem(next.root.chain));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function settings() {
  return settingsAt(systemClock, randomBytes);
}

function given(node: DevNode | undefined): DevNode {
  if (node === undefined) throw new Error('no such node');
  return node;
}

async function rollover(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const exit = await runCli(['certificates', 'rollover', ...args, '--config', given(a).files.config], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    environment: {},
    stdin: Readable.from([]),
    clock: systemClock,
    onInterrupt: () => () => undefined,
  });
  return { exit, out, err };
}

async function status(): Promise<RolloverStatus & { exit: number }> {
  const { exit, out } = await rollover('--json');
  return { exit, ...(JSON.parse(out) as RolloverStatus) };
}

/** What each root is needed for: the node itself, and peers. */
async function needs() {
  const { state, exit, roots } = await status();
  return [state, exit, ...roots.map(({ own, peers }) => [own !== undefined, ...peers.map(({ name }) => name)])];
}

async function rootsOf(): Promise<Certificate[]> {
  return parseCertificates(await readFile(given(a).files.roots, 'utf8'));
}

/** All of a node's files; what is refused changes none. */
async function files(): Promise<string[]> {
  const { roots, tlsKey, tlsChain, nodeInfo } = given(a).files;
  return Promise.all([roots, tlsKey, tlsChain, nodeInfo].map((file) => readFile(file, 'utf8')));
}

/** Certificates for a node's identity key and a new TLS key by an authority, as files; its NodeInfo with them. */
async function issuedBy({ doorman }: Pick<Authority, 'doorman'>, node: DevNode) {
  const [identity] = parseCertificates(await readFile(node.files.identityChain, 'utf8'));
  const { subject, publicKey } = identity as Certificate;
  const nodeCa = issueNodeCa(doorman, subject, settings());
  const tls = issueTls(nodeCa, settings());
  const issued = issueCertificate({
    ...{ subject, subjectKey: publicKey, validity: settings().validity, serial: BigInt(Date.now()) },
    issuer: { privateKey: nodeCa.privateKey, certificate: nodeCa.chain[0] },
    ...{ ca: true, keyUsage: ['digitalSignature', 'keyCertSign'], cordaRole: 'LEGAL_IDENTITY' },
  });
  const identityChain = join(folder, `${node.alias}-identity.pem`);
  await writeFile(identityChain, chainPem([issued, ...nodeCa.chain]));
  const addresses = [{ host: '127.0.0.1', port: node.ports.p2p }];
  const text = await nodeInfoAt({ ...node, files: { ...node.files, identityChain } }, addresses, BigInt(Date.now()));
  const [key, chain, nodeInfo] = ['key.pem', 'tls.pem', 'node-info.json'].map((name) =>
    join(folder, `${node.alias}-${name}`),
  ) as [string, string, string];
  await writeFile(key, tls.privateKey, { mode: 0o600 });
  await writeFile(chain, chainPem(tls.chain));
  await writeFile(nodeInfo, text);
  return { key, chain, nodeInfo, text, serial: tls.chain[0].serial };
}

test('from one root to the next: each state is seen, and nothing is dropped before its time', async () => {
  expect((await needs()).slice(0, 2)).toEqual(['none', EXIT.ok]);
  const trusted = await rollover('trust', '--root', join(folder, 'root.pem'));
  expect([trusted.exit, trusted.out]).toEqual([EXIT.ok, expect.stringContaining('is trusted now')]);
  expect(await needs()).toEqual(['trust-new', EXIT.partly, [true, 'O=Party B, L=Paris, C=FR'], [false]]);

  const early = await rollover('drop');
  expect([early.exit, early.err]).toEqual([EXIT.failed, expect.stringContaining('this node itself needs the root')]);
  expect(await rollover('drop', '--force')).toMatchObject({ exit: EXIT.failed });
  expect(await rootsOf()).toHaveLength(2);

  const own = await issuedBy(next, given(a));
  const used = await rollover('use', '--key', own.key, '--chain', own.chain, '--node-info', own.nodeInfo);
  expect([used.exit, used.out]).toEqual([EXIT.ok, expect.stringContaining('are in place')]);
  expect(parseCertificates(await readFile(given(a).files.tlsChain, 'utf8'))[0]?.serial).toBe(own.serial);
  expect((await stat(given(a).files.tlsKey)).mode & 0o777).toBe(0o600);
  expect(await needs()).toEqual(['use-new', EXIT.partly, [false, 'O=Party B, L=Paris, C=FR'], [true]]);

  const peer = await rollover('drop');
  expect([peer.exit, peer.err]).toEqual([EXIT.failed, expect.stringContaining('needed by 1 peer: O=Party B')]);
  expect(await rootsOf()).toHaveLength(2);
  await putIntoMap(given(a), given(b), (await issuedBy(next, given(b))).text);
  expect(await needs()).toEqual(['drop-old', EXIT.partly, [false], [true, 'O=Party B, L=Paris, C=FR']]);

  const dropped = await rollover('drop');
  expect([dropped.exit, dropped.out]).toEqual([EXIT.ok, expect.stringContaining('is trusted no more')]);
  expect((await rootsOf()).map((one) => one.equals(next.root.chain[0]))).toEqual([true]);
  expect((await needs()).slice(0, 2)).toEqual(['none', EXIT.ok]);
});

test('dropped by force: the peers that go with it are named', async () => {
  await rollover('trust', '--root', join(folder, 'root.pem'));
  const own = await issuedBy(next, given(a));
  await rollover('use', '--key', own.key, '--chain', own.chain, '--node-info', own.nodeInfo);
  const [old] = await rootsOf();
  const forced = await rollover('drop', '--force', '--root', old?.fingerprint.slice(0, 12) ?? '');
  expect([forced.exit, forced.err]).toEqual([EXIT.ok, expect.stringContaining('1 peer: O=Party B')]);
  expect((await rootsOf()).some((one) => old?.equals(one))).toBe(false);
});

test('trust: what is no new root of a network is refused, and changes nothing', async () => {
  const before = await files();
  const refused = async (file: string): Promise<[number, string]> => {
    const { exit, err } = await rollover('trust', '--root', file);
    expect(await files()).toEqual(before);
    return [exit, err];
  };
  const file = join(folder, 'other.pem');
  const write = (certificates: readonly Certificate[]): Promise<void> => writeFile(file, chainPem(certificates));
  expect(await refused(given(a).files.roots)).toEqual([EXIT.failed, expect.stringContaining('trusted already')]);
  await write(next.doorman.chain);
  expect(await refused(file)).toEqual([EXIT.failed, expect.stringContaining('it holds 2 certificates')]);
  await write([next.doorman.chain[0]]);
  expect(await refused(file)).toEqual([EXIT.failed, expect.stringContaining('not a CA that issued itself')]);
  const [from, until] = [Date.now() - 2 * 86_400_000, Date.now() - 86_400_000];
  await write(issueAuthority({ ...settings(), validity: { notBefore: from, notAfter: until } }).root.chain);
  expect(await refused(file)).toEqual([
    EXIT.failed,
    expect.stringMatching(/not taken as a root.*(expired|ended|valid)/),
  ]);
  const other = issueAuthority(settings()).root;
  await write([issuedFor(next.root.chain[0], other.privateKey)]);
  expect(await refused(file)).toEqual([EXIT.failed, expect.stringContaining('its own key did not sign it')]);
  await writeFile(file, 'no certificate');
  expect(await refused(file)).toEqual([EXIT.failed, expect.stringContaining(file)]);
  expect((await refused(join(folder, 'none.pem')))[1]).toContain('none.pem');
});

test('use: what is not wholly of the new root, or of another, is refused, and changes nothing', async () => {
  const [own, old, other] = [
    await issuedBy(next, given(a)),
    await issuedBy(network, { ...given(a), alias: 'old' }),
    await issuedBy(next, given(b)),
  ];
  const before = await files();
  const refused = async (...args: string[]): Promise<[number, string]> => {
    const { exit, err } = await rollover('use', ...args);
    expect((await files()).slice(1)).toEqual(before.slice(1));
    return [exit, err];
  };
  const all = ['--key', own.key, '--chain', own.chain, '--node-info', own.nodeInfo];
  expect(await refused(...all)).toEqual([EXIT.failed, expect.stringContaining('NODE_CHAIN')]);
  await rollover('trust', '--root', join(folder, 'root.pem'));
  expect(await refused('--key', old.key, '--chain', own.chain, '--node-info', own.nodeInfo)).toEqual([
    EXIT.failed,
    expect.stringContaining('NODE_KEY_MISMATCH'),
  ]);
  expect(await refused('--key', own.key, '--chain', own.chain)).toEqual([
    EXIT.failed,
    expect.stringContaining('not all of it is of the newest root'),
  ]);
  expect(await refused('--key', old.key, '--chain', old.chain, '--node-info', old.nodeInfo)).toEqual([
    EXIT.failed,
    expect.stringContaining('not all of it is of the newest root'),
  ]);
  expect(await refused('--key', other.key, '--chain', other.chain, '--node-info', other.nodeInfo)).toEqual([
    EXIT.failed,
    expect.stringContaining('another identity'),
  ]);
  expect((await refused(...all, '--identity', own.chain))[1]).toContain('--identity is for a node that makes its own');
});

test('options that a step does not know, or lacks, and roots that are none', async () => {
  const before = await files();
  const wrong = [
    [['status', '--force'], '--force has no meaning for the step status'],
    [['trust'], 'this step needs --root'],
    [['trust', '--root', 'x', '--node-info', 'y'], '--node-info has no meaning for the step trust'],
    [['use', '--key', 'x'], 'this step needs --chain'],
    [['drop', '--root', '00112233'], 'the fingerprint of no trusted root'],
    [['drop', '--root', (await rootsOf())[0]?.fingerprint.slice(0, 4) ?? ''], 'the fingerprint of no trusted root'],
    [['turn'], 'Allowed choices are'],
  ] as const;
  for (const [args, why] of wrong) {
    const { exit, err } = await rollover(...args);
    expect([args, exit, err]).toEqual([args, EXIT.usage, expect.stringContaining(why)]);
  }
  const only = await rollover('drop');
  expect([only.exit, only.err]).toEqual([EXIT.failed, expect.stringContaining('the only root')]);
  await copyFile(join(folder, 'root.pem'), given(a).files.roots);
  const strange = await rollover();
  expect([strange.exit, strange.err]).toEqual([EXIT.failed, expect.stringContaining('NODE_CHAIN')]);
  await writeFile(given(a).files.roots, before[0] ?? '');
  expect(await files()).toEqual(before);
});

/** A certificate that says what another says, signed by a key that is not its own. */
function issuedFor(root: Certificate, privateKey: string): Certificate {
  return issueCertificate({
    ...{ subject: root.subject, subjectKey: root.publicKey, serial: 1n, validity: settings().validity },
    issuer: { privateKey, certificate: root },
    ...{ ca: true, keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'] },
  });
}
