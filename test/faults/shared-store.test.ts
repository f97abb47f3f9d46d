import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../sidecar/config/config';
import { loadConfig } from '../../sidecar/config/load-config';
import { createDevNetwork } from '../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNode } from '../../sidecar/dev-network/dev-network';
import { readNodeCredentials } from '../../sidecar/dev-network/open-dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { signNodeInfo } from '../../sidecar/network-map/node-info-writer';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { DEAD_LETTERS } from '../../sidecar/plan/corda-addresses';
import { breaks, Collector } from '../integration/support/collector';
import { freePorts } from '../integration/support/free-ports';
import { TestNode } from '../integration/support/node';
import { nodeAccess, type NodeAccess } from '../integration/support/node-access';
import { NodeOperations } from '../integration/support/node-operations';
import { NumberedSender } from '../integration/support/numbered-sender';
import { until } from '../integration/support/until';

const MESSAGES = 6_000;
const PER_SECOND = 200;
const TAKEOVER_MS = 240_000;

jest.setTimeout(1_200_000);

let folder: string;
let peer: TestNode;
/** Two sidecars and brokers of one node: one NodeInfo with both addresses, one store. */
let one: TestNode;
let other: TestNode;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-store-'));
  const ports = await freePorts(12);
  const next = (): number => ports.shift() ?? 0;
  const four = (): DevNode['ports'] => ({ p2p: next(), node: next(), rpc: next(), rpcAdmin: next() });
  const { nodes } = await createDevNetwork({
    folder,
    nodes: ['O=Party A,L=London,C=GB', 'O=Party B,L=Paris,C=FR'].map((name) => ({ name, ports: four() })),
    ...settingsAt(systemClock, randomBytes),
  });
  const [a, b] = nodes as [DevNode, DevNode];
  const second = { ...a, ports: four() };
  await writeAddresses(a, [a.ports.p2p, second.ports.p2p], b);
  const config = await loadConfig(a.files.config);
  const store = join(folder, 'store');
  one = await TestNode.of(a, withStore(config, a, store, 'one'));
  other = await TestNode.of(second, withStore(config, second, store, 'other'));
  peer = await TestNode.of(b, await loadConfig(b.files.config));
  await Promise.all([one.start(), peer.start()]);
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  await Promise.all([one.stop(), other.stop(), peer.stop()]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('of two brokers with one store the one that waits takes over when the other is killed, and nothing is lost or doubled', async () => {
  const started = other.start();
  await until('the second waits for the lock', () => other.log.some((line) => line.includes('AMQ221034')), TAKEOVER_MS);
  const sender = new NumberedSender({
    access: await nodeAccess(peer.dev),
    to: cordaAddresses.peerQueue(one.id),
    run: 'run',
  });
  await sender.start();
  stops.push(() => sender.close());
  sender.sendSteadily(PER_SECOND);

  await until('messages have come in', async () => (await inboxOf(one)) > 500, TAKEOVER_MS);
  await takeOver(one, other, 'first');
  await started;
  expect(other.sidecar.status().broker).toMatchObject({ state: 'ready', sharedStore: true });
  await until('the first waits for the lock', () => one.sidecar.status().broker.state === 'starting', TAKEOVER_MS);
  await until('its broker waits', () => count(one.log, 'AMQ221034') > 1, TAKEOVER_MS);
  await until('enough was sent', () => sender.sent >= MESSAGES / 2, TAKEOVER_MS);
  await takeOver(other, one, 'second');
  await until('enough was sent', () => sender.sent >= MESSAGES, TAKEOVER_MS);
  sender.stop();

  await until('everything has arrived', async () => (await inboxOf(one)) >= sender.sent, TAKEOVER_MS);
  const collector = new Collector(await accessOf(one), one.id);
  await collector.start();
  stops.push(() => collector.close());
  const { numbers } = collector.of('run');
  await until('everything is read', () => numbers.length >= sender.sent, TAKEOVER_MS);
  expect(breaks(numbers)).toEqual([]);
  expect([numbers.length, collector.of('run').twice, sender.refused]).toEqual([sender.sent, 0, []]);
  expect([...collector.of('run').senders]).toEqual([peer.id]);
  const operations = new NodeOperations(await accessOf(one));
  stops.push(() => operations.close());
  expect(await operations.filledQueues(DEAD_LETTERS)).toEqual([]);
});

/** Kills the broker of `active` (-9), and resolves when messages come in by that of `standby`. */
async function takeOver(active: TestNode, standby: TestNode, label: string): Promise<void> {
  const before = await inboxOf(active);
  const pid = Number.parseInt(await readFile(join(active.config.broker.instance, 'broker.pid'), 'utf8'), 10);
  const began = Date.now();
  process.kill(pid, 'SIGKILL');
  const ready = (): boolean => standby.sidecar.status().broker.state === 'ready';
  await until('the other takes over', ready, TAKEOVER_MS);
  const served = Date.now() - began;
  const more = async (): Promise<boolean> => (await inboxOf(standby).catch(() => 0)) > before;
  await until('messages come in by the other', more, TAKEOVER_MS);
  process.stderr.write(
    `${label} takeover: the other broker serves after ${served} ms, messages come in after ${Date.now() - began} ms\n`,
  );
}

async function inboxOf(node: TestNode): Promise<number> {
  const operations = new NodeOperations(await accessOf(node));
  try {
    const value = cordaAddresses.inboundQueue(node.id);
    const [queue] = await operations.listQueues({ field: 'name', operation: 'EQUALS', value });
    return queue?.messageCount ?? 0;
  } finally {
    await operations.close();
  }
}

function accessOf(node: TestNode): Promise<NodeAccess> {
  return nodeAccess(node.dev);
}

function count(log: readonly string[], text: string): number {
  return log.filter((line) => line.includes(text)).length;
}

function withStore(config: Config, { ports }: DevNode, store: string, name: string): Config {
  const { p2p, node, rpc, rpcAdmin } = config.acceptors;
  return {
    ...config,
    broker: {
      ...config.broker,
      instance: join(folder, name, 'broker'),
      data: store,
      highAvailability: 'sharedStore',
    },
    state: join(folder, name, 'state'),
    management: { ...config.management, port: ports.node },
    acceptors: {
      p2p: { ...p2p, port: ports.p2p },
      node: { ...node, port: ports.node },
      rpc: { ...rpc, port: ports.rpc },
      rpcAdmin: { ...rpcAdmin, port: ports.rpcAdmin },
    },
  };
}

/** Signs the NodeInfo anew with all these ports, and gives it to the other node. */
async function writeAddresses(node: DevNode, ports: readonly number[], other: DevNode): Promise<void> {
  const { identity } = await readNodeCredentials(node);
  const [first = 0, ...others] = ports;
  const at = (port: number): { host: string; port: number } => ({ host: '127.0.0.1', port });
  const { text } = await signNodeInfo({
    addresses: [at(first), ...others.map(at)],
    platformVersion: 12,
    serial: BigInt(Date.now()) * 1_000n,
    identities: [{ role: 'legal', certificates: identity.chain, privateKey: identity.privateKey }],
  });
  await writeFile(node.files.nodeInfo, text);
  await writeFile(join(other.files.map, `${node.alias}.json`), text);
}
