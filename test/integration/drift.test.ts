import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { peerRole } from '../../sidecar/plan/roles';
import { breaks, Collector } from './support/collector';
import { logLines, transitions } from './support/log-lines';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess } from './support/node-access';
import { NodeOperations } from './support/node-operations';
import { NumberedSender } from './support/numbered-sender';
import { until } from './support/until';

const DRIFT_MS = 500;
const FOREIGN = 'operator.notes';
const REPAIR_MS = 60_000;

jest.setTimeout(300_000);

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let operations: NodeOperations;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
    ],
    start: [],
  });
  a = network.node('a');
  b = network.node('b');
  await Promise.all([a.start({ driftMs: DRIFT_MS }), b.start()]);
  operations = new NodeOperations(await nodeAccess(a.dev));
  await operations.createAddress(FOREIGN, ['ANYCAST']);
  await operations.createQueue({ name: FOREIGN, address: FOREIGN, routingType: 'ANYCAST' });
});
afterAll(async () => {
  await operations.close();
  await network.stop();
});

test('a queue and its address that somebody deletes are made again, and that is told', async () => {
  const name = cordaAddresses.peerQueue(b.id);
  await repairs(name, async () => {
    await operations.destroyQueue(name);
    await operations.deleteAddress(name);
  });
  expect(await operations.queueNames()).toContain(name);
  expect(await operations.addressNames()).toContain(name);
});

test('an address that only its senders know is made again', async () => {
  const name = cordaAddresses.ingress(a.id, b.id);
  await repairs(name, () => operations.deleteAddress(name));
  expect(await operations.addressNames()).toContain(name);
});

test('a queue of the static file that somebody deletes is made again', async () => {
  const name = cordaAddresses.inboundQueue(a.id);
  await repairs(name, () => operations.destroyQueue(name));
  const [queue] = await operations.listQueues({ field: 'name', operation: 'EQUALS', value: name });
  expect(queue?.address).toBe(cordaAddresses.inboundWildcard(a.id));
});

test('a permission that somebody gives in the file, and has read, is taken away again', async () => {
  const stranger = 'peer.stranger';
  const address = cordaAddresses.ingress(a.id, b.id);
  await editing('broker.properties', async (content) => {
    await writeFile(content.path, `${content.text}securityRoles."${address}"."${stranger}".send=true\n`);
    await operations.reload();
  });
  const roles = await operations.roles(address);
  expect(roles.filter(({ send }) => send).map(({ name }) => name)).toContain(peerRole(b.id));
  expect(roles.map(({ name }) => name)).not.toContain(stranger);
});

test.each(['p2p-certificates.properties', 'node-users.properties', 'p2p-certificate-roles.properties'])(
  'what somebody writes into %s is undone',
  async (file) => {
    await editing(file, ({ path, text }) => writeFile(path, `${text}stranger=anything\n`));
  },
);

test('connections that somebody takes out of broker.xml are back, and so is the file', async () => {
  await editing('broker.xml', async ({ path, text }) => {
    await writeFile(path, text.replace(/<broker-connections>.*<\/broker-connections>/s, ''));
    await operations.reload();
    expect(await operations.brokerConnections()).toEqual([]);
  });
  expect((await operations.brokerConnections()).map(({ name }) => name)).toEqual([`peer.${b.id}`]);
});

test('a connection that somebody stops is given up with its reason, and made again: nothing is lost', async () => {
  const sender = new NumberedSender({
    access: await nodeAccess(a.dev),
    to: cordaAddresses.peerQueue(b.id),
    run: 'run',
  });
  const collector = new Collector(await nodeAccess(b.dev), b.id);
  const { numbers } = collector.of('run');
  try {
    await Promise.all([sender.start(), collector.start()]);
    sender.sendSteadily(50);
    await until('messages flow', () => numbers.length > 50, REPAIR_MS);
    const seenConnected = (): boolean =>
      a.sidecar.status().peers.some(({ id, phase }) => id === b.id && phase === 'connected');
    await until('the sidecar has seen it', seenConnected, REPAIR_MS);
    const before = a.log.length;
    await operations.stopBrokerConnection(`peer.${b.id}`);
    const told = (): string[] =>
      transitions(logLines(a.log.slice(before)), 'bridge to O=Party B, L=Paris, C=FR').slice(0, 2);
    await until('it is connected again', () => told().length === 2, REPAIR_MS);
    expect(told()).toEqual(['connected -> waiting', 'waiting -> connected']);
    expect(a.log.slice(before).some((line) => line.includes('the connection was lost'))).toBe(true);
    sender.stop();
    await until('all have arrived', () => numbers.length >= sender.sent, REPAIR_MS);
    expect(breaks(numbers)).toEqual([]);
    expect(collector.of('run').twice).toBe(0);
  } finally {
    await Promise.all([sender.close(), collector.close()]);
  }
});

test('what the sidecar has not made it leaves alone, over repairs and a restart', async () => {
  await a.stop();
  await a.start({ driftMs: DRIFT_MS });
  const { repairs: before } = a.sidecar.status().drift;
  await repairs(cordaAddresses.ingress(a.id, b.id), () => operations.deleteAddress(cordaAddresses.ingress(a.id, b.id)));
  expect(a.sidecar.status().drift.repairs).toBe(before + 1);
  const [queue] = await operations.listQueues({ field: 'name', operation: 'EQUALS', value: FOREIGN });
  expect(queue).toMatchObject({ name: FOREIGN, address: FOREIGN, durable: true });
});

/** Does harm, and waits until the status tells of a repair that names what was harmed. */
async function repairs(named: string, harm: () => Promise<void>): Promise<void> {
  const { repairs: before } = a.sidecar.status().drift;
  await harm();
  await until(
    `${named} is repaired`,
    () => {
      const { repairs: now, last } = a.sidecar.status().drift;
      return now > before && last?.changes.some(({ what, why }) => what.includes(named) && why === 'drift') === true;
    },
    REPAIR_MS,
  );
}

/** Edits a file of the broker and waits until the status tells of its repair; the file is then as before. */
async function editing(
  file: string,
  edit: (content: { readonly path: string; readonly text: string }) => Promise<void>,
): Promise<void> {
  const path = join(a.config.broker.instance, 'etc', file);
  const text = await readFile(path, 'utf8');
  await repairs(file, () => edit({ path, text }));
  expect(await readFile(path, 'utf8')).toBe(text);
}
