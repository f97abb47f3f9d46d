import { randomBytes } from 'node:crypto';
import type { BrokerProcess } from '../../sidecar/broker/process';
import { InstanceFiles } from '../../sidecar/broker/reconcile/instance-files';
import { storesBefore } from '../../sidecar/control/certificates/installed-stores';
import { renewTls } from '../../sidecar/control/certificates/renew-tls';
import { readNodeMaterial } from '../../sidecar/control/node-material';
import { systemClock } from '../../sidecar/lib/clock';
import { STORES } from '../../sidecar/plan/corda-acceptors';
import { BROKER_XML } from '../../sidecar/render/instance';
import { renderStores } from '../../sidecar/render/stores';
import { brokerOf, instanceOf } from './support/attached-broker';
import { crossing, Flow } from './support/flow';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { shownSerial } from './support/shown-serial';
import { until } from './support/until';

const PER_SECOND = 100;
const LIVE_MS = 90_000;
const DOORS = ['p2p', 'node', 'rpc', 'rpcAdmin'] as const;

jest.setTimeout(300_000);

let network: TestNetwork;
/** Its broker is a process of the test's own. */
let a: TestNode;
let b: TestNode;
let broker: BrokerProcess;
let flows: readonly Flow[];
/** Of the broker of A, for all of the time. */
let management: NodeOperations;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
    ],
    start: ['b'],
    configure: (config, alias) =>
      alias === 'a' ? { ...config, broker: { ...config.broker, mode: 'attached' } } : config,
  });
  [a, b] = [network.node('a'), network.node('b')];
  broker = await brokerOf(a.dev);
  const started = a.start();
  const files = new InstanceFiles(instanceOf(a.dev));
  const written = until('the files are there', async () => (await files.read(BROKER_XML)) !== undefined, LIVE_MS);
  await Promise.race([written, started]);
  await broker.start();
  await started;
  management = new NodeOperations(await nodeAccess(a.dev));
  flows = await Promise.all([Flow.of(a, b), Flow.of(b, a)]);
  for (const { sender } of flows) sender.sendSteadily(PER_SECOND);
  await crossing(flows, 2 * PER_SECOND, LIVE_MS);
}, 300_000);
afterAll(async () => {
  await Promise.all([...flows, management].map((each) => each.close()));
  await a.stop();
  await broker.stop();
  await network.stop();
});

test('renewed while the sidecar runs: the broker that is not its own shows it at each door, and no connection is closed', async () => {
  const before = await lasting();
  const serial = await renew();
  await shows(serial);
  const kinds = (): string[] => a.sidecar.status().live?.changes.map(({ kind }) => kind) ?? [];
  await until('it is proven', () => kinds().includes('install-certificates'), LIVE_MS);
  await crossing(flows, 2 * PER_SECOND, LIVE_MS);
  expect(await closedSince(before)).toEqual([]);
});

test('renewed while no sidecar runs: the next one comes in by what the broker has, and installs what the files have', async () => {
  await a.stop();
  const before = await lasting();
  const old = await shownSerial(a.dev.ports.node);
  const serial = await renew();
  await crossing(flows, 2 * PER_SECOND, LIVE_MS);
  expect(await shownSerial(a.dev.ports.node)).toBe(old);
  await a.start();
  await shows(serial);
  await crossing(flows, 2 * PER_SECOND, LIVE_MS);
  expect(await closedSince(before)).toEqual([]);
});

test('a sidecar that was killed after the stores were written and before they were read: the next one comes in, and installs them', async () => {
  await a.stop();
  const before = await lasting();
  const serial = await renew();
  const { stores } = await readNodeMaterial(a.config, systemClock);
  const instance = new InstanceFiles(instanceOf(a.dev), true);
  const files = renderStores(stores, []);
  const kept = await Promise.all(files.map(async ({ path }) => ({ path, content: (await instance.read(path)) ?? '' })));
  await storesBefore(a.config).keep(kept);
  for (const { path, content, secret } of files) await instance.write(path, content, secret);
  await a.start();
  await shows(serial);
  expect(await storesBefore(a.config).read()).toBeUndefined();
  expect(await closedSince(before)).toEqual([]);
});

test('one that was killed after they were read comes in by the new ones, and keeps nothing of the old', async () => {
  const instance = new InstanceFiles(instanceOf(a.dev), true);
  const old = await Promise.all(
    [STORES.node, STORES.ownCertificate, STORES.roots].map(async (path) => ({
      path,
      content: (await instance.read(path)) ?? '',
    })),
  );
  const serial = await renew();
  await shows(serial);
  await a.stop();
  await storesBefore(a.config).keep(old);
  await a.start();
  await shows(serial);
  expect(await storesBefore(a.config).read()).toBeUndefined();
});

test('of all that was sent meanwhile nothing is lost, nothing came twice', async () => {
  for (const flow of flows)
    expect(await flow.outcome(LIVE_MS)).toEqual({
      ...{ breaks: [], twice: 0, isFromSender: true },
      ...{ refused: [], connections: 1 },
    });
});

async function renew(): Promise<string> {
  const { config } = a;
  const { certificate } = await renewTls({ config, days: 90, clock: systemClock, random: randomBytes });
  return certificate.serial;
}

async function shows(serial: string): Promise<void> {
  for (const door of DOORS)
    await until(`it is shown at ${door}`, async () => (await shownSerial(a.dev.ports[door])) === serial, LIVE_MS);
}

/** Connections that stay while messages cross: probes come and go. */
async function lasting(): Promise<Set<string>> {
  const first = await management.connections();
  await crossing(flows, 2 * PER_SECOND, LIVE_MS);
  const second = new Set((await management.connections()).map(({ id }) => id));
  return new Set(first.map(({ id }) => id).filter((id) => second.has(id)));
}

async function closedSince(before: ReadonlySet<string>): Promise<string[]> {
  const after = new Set((await management.connections()).map(({ id }) => id));
  return [...before].filter((id) => !after.has(id));
}
