import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ProbeMarks } from '../../sidecar/broker/probe/probe-marks';
import { createProver } from '../../sidecar/broker/probe/prover';
import type { BrokerOperations } from '../../sidecar/broker/operations';
import { runCli } from '../../sidecar/cli/main';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses, PROBE_PROPERTY } from '../../sidecar/plan/address-profile';
import { peerRole } from '../../sidecar/plan/roles';
import { AttackedNetwork, PASSWORDS } from './support/attackers';
import { openQueues, withOperations } from './support/queue-counts';
import { until } from './support/until';

jest.setTimeout(240_000);

let net: AttackedNetwork;
let passwordFile = '';
beforeAll(async () => {
  net = await AttackedNetwork.start(1_048_576);
  passwordFile = join(net.network.network.files.folder, 'alice-password');
  await writeFile(passwordFile, PASSWORDS.alice, { mode: 0o600 });
});
afterAll(async () => net.stop());

const ingress = (from: string): string => cordaAddresses.ingress(net.id('alpha'), net.id(from));

/** Proves alpha's plan wholly, as after a start. */
async function prove(): Promise<void> {
  const { alpha } = net;
  const plan = await alpha.plan();
  await withOperations(alpha, (operations) =>
    createProver({
      operations,
      key: alpha.key,
      chain: alpha.chain,
      ownCertificate: alpha.material.stores.ownCertificate,
      host: '127.0.0.1',
      timeoutMs: 10_000,
    })(plan, undefined),
  );
}

/** `netmap probe --json` with alice and bravo: its exit code, and what it says differs. */
async function probeCommand(): Promise<{ exit: number; tried: number; differing: string[] }> {
  const { files } = net.network.node('bravo').dev;
  let out = '';
  const args = ['probe', '--json', '--config', net.alpha.dev.files.config, '--user', 'alice'];
  args.push('--password-file', passwordFile, '--peer-key', files.tlsKey, '--peer-chain', files.tlsChain);
  const exit = await runCli(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => true },
    stdin: Readable.from([]),
    environment: {},
    clock: systemClock,
    onInterrupt: () => () => undefined,
  });
  const { tried, shown } = JSON.parse(out) as { tried: number; shown: { address: string; found: { at: string } }[] };
  return { exit, tried, differing: shown.map(({ address, found }) => `${address} ${found.at}`) };
}

/** Changes the broker behind the sidecar's back for as long as `work` takes. */
async function meanwhile(
  change: (operations: BrokerOperations) => Promise<unknown>,
  undo: (operations: BrokerOperations) => Promise<unknown>,
  work: () => Promise<void>,
): Promise<void> {
  await withOperations(net.alpha, change);
  try {
    await work();
  } finally {
    await withOperations(net.alpha, undo);
  }
}

/** Roles that may send, and nothing else for anybody. */
const allowSending =
  (match: string, ...roles: string[]) =>
  (operations: BrokerOperations): Promise<unknown> =>
    operations.management.invoke('broker', 'addSecuritySettings', [match, roles.join(','), '', '', '', '', '', '']);
const forget =
  (match: string) =>
  async (operations: BrokerOperations): Promise<void> => {
    await operations.management.invoke('broker', 'removeSecuritySettings', [match]);
    await operations.reload();
  };

test('a broker as planned is proven, again and again, and nothing is left behind', async () => {
  await prove();
  await prove();
  expect(await openQueues(net.alpha)).toEqual({ counts: {}, unrouted: {} });
});

test('what an earlier run left is removed, what a peer has marked goes to the dead letters', async () => {
  const node = await net.amqp({ acceptor: 'node', shows: 'alpha', user: 'SystemUsers/Node' });
  const bravo = await net.amqp({ acceptor: 'p2p', shows: 'bravo', user: 'SystemUsers/Peer' });
  const marked = (mark: string) => ({ application_properties: { [PROBE_PROPERTY]: mark }, body: '' });
  const ours = new ProbeMarks(net.alpha.key).make(ingress('bravo'));
  expect(await node.send(ingress('bravo'), marked(ours))).toMatchObject({ allowed: true });
  expect(await bravo.send(ingress('bravo'), marked('mine'))).toMatchObject({ allowed: true });
  expect((await openQueues(net.alpha)).counts).toEqual({ [cordaAddresses.probeQueue(net.id('alpha'))]: 2 });
  await prove();
  const emptied = async (): Promise<boolean> =>
    JSON.stringify((await openQueues(net.alpha)).counts) === JSON.stringify({ 'dead-letters': 1 });
  await until('one message is among the dead letters, and none elsewhere', emptied, 5_000);
  await withOperations(net.alpha, (operations) => operations.removeMessages('dead-letters'));
});

test("a peer that may use another's address is found", async () => {
  const match = ingress('charlie');
  const roles = ['node', peerRole(net.id('charlie')), peerRole(net.id('alpha')), peerRole(net.id('bravo'))];
  await meanwhile(allowSending(match, ...roles), forget(match), async () => {
    await expect(prove()).rejects.toMatchObject({ code: 'PROBE_ALLOWED', decision: 'alarm' });
    const found = await probeCommand();
    expect(found.exit).toBe(3);
    expect(found.differing).toContain(`${match} -`);
  });
});

test('a peer that may not use its own address is found', async () => {
  const match = ingress('alpha');
  await meanwhile(allowSending(match, 'node'), forget(match), async () => {
    await expect(prove()).rejects.toMatchObject({ code: 'PROBE_REFUSED' });
    expect(await probeCommand()).toMatchObject({ exit: 3, differing: [`${match} permission`] });
  });
});

test('a broker that does not stamp is found', async () => {
  const settings = { autoCreateAddresses: false, autoCreateQueues: false, sendToDLAOnNoRoute: true };
  const unstamped = (operations: BrokerOperations): Promise<unknown> =>
    operations.management.invoke('broker', 'addAddressSettings', ['p2p.inbound.#', JSON.stringify(settings)]);
  const undo = async (operations: BrokerOperations): Promise<void> => {
    await operations.management.invoke('broker', 'removeAddressSettings', ['p2p.inbound.#']);
    await operations.reload();
  };
  await meanwhile(unstamped, undo, async () => {
    await expect(prove()).rejects.toMatchObject({ code: 'PROBE_STAMP', decision: 'alarm' });
  });
});

test('a queue that takes no probes is found', async () => {
  const match = cordaAddresses.inboundWildcard(net.id('alpha'));
  await meanwhile(allowSending(match, 'nobody'), forget(match), async () => {
    await expect(prove()).rejects.toMatchObject({ code: 'PROBE_REFUSED' });
  });
});

test('netmap probe finds a broker as planned in hundreds of accesses, and leaves nothing behind', async () => {
  await prove();
  const found = await probeCommand();
  expect(found).toMatchObject({ exit: 0, differing: [] });
  expect(found.tried).toBeGreaterThan(150);
  expect((await openQueues(net.alpha)).counts).toEqual({});
});
