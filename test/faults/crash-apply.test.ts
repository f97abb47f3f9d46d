import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ManagementConnection } from '../../sidecar/broker/management-connection';
import type { BrokerProcess } from '../../sidecar/broker/process';
import { InstanceFiles } from '../../sidecar/broker/reconcile/instance-files';
import { loadConfig } from '../../sidecar/config/load-config';
import { previewPlan } from '../../sidecar/control/preview-plan';
import { addNode } from '../../sidecar/dev-network/add-node';
import { createDevNetwork } from '../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNode } from '../../sidecar/dev-network/dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { peerRole } from '../../sidecar/plan/roles';
import { renderInstance } from '../../sidecar/render/instance';
import { bridgeUri } from '../../sidecar/render/transport-uri';
import { attach, brokerOf, instanceOf } from '../integration/support/attached-broker';
import { freePorts } from '../integration/support/free-ports';
import { TestNode } from '../integration/support/node';
import { nodeAccess } from '../integration/support/node-access';
import { NodeChild } from '../integration/support/node-child';
import { NodeOperations } from '../integration/support/node-operations';
import { nodeInfoAt, putIntoMap, takeFromMap } from '../integration/support/published';
import { until } from '../integration/support/until';
import { Chance } from './model/random';

const KILLS = 18;
const PEERS = 4;
const SEED = 20_260_101;

jest.setTimeout(1_800_000);

let folder: string;
let node: DevNode;
let peers: DevNode[];
let child: NodeChild;
let broker: BrokerProcess;
let operations: NodeOperations;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-crash-'));
  const [p2p = 0, forNode = 0, rpc = 0, rpcAdmin = 0] = await freePorts(4);
  const settings = settingsAt(systemClock, randomBytes);
  const ports = { p2p, node: forNode, rpc, rpcAdmin };
  let network = await createDevNetwork({ folder, nodes: [{ name: 'O=Party A,L=London,C=GB', ports }], ...settings });
  [node] = network.nodes as [DevNode];
  peers = [];
  for (let number = 1; number <= PEERS; number += 1) {
    const added = await addNode(network, { name: `O=Other ${number},L=Rome,C=IT`, alias: `other-${number}` }, settings);
    network = added.network;
    peers.push(added.node);
  }
  await attach(node);
  child = new NodeChild(node);
  broker = await brokerOf(node);
  const firstStart = child.start();
  const written = until('the files are there', async () => (await etcOf(node)).includes('broker.xml'), 120_000);
  await Promise.race([written, firstStart]);
  await broker.start();
  await firstStart;
  operations = new NodeOperations(await nodeAccess(node));
});
afterAll(async () => {
  await operations.close();
  await child.stop();
  await broker.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('a sidecar that is killed at any moment of a change reaches the same end state when it is started again', async () => {
  const chance = new Chance(SEED);
  const there = new Set<DevNode>();
  let usual = await wholeChange(there);
  const moments = { before: 0, midway: 0 };
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = child.log.length;
    const files = await changeTimes();
    // Every second one while the files are being written: before the broker has read them, or some of them.
    const written = kill % 2 === 0 ? undefined : writes(chance.between(1, 6));
    await changeMap(there, chance);
    const moment = Date.now() + chance.next() * usual;
    if (written === undefined) await until('the moment has come', () => Date.now() >= moment);
    else await Promise.race([written, until('it is live', () => child.log.slice(before).some(isLive), 60_000)]);
    await child.kill();
    const late = child.log.slice(before).some(isLive);
    if (late) usual *= 0.7;
    else if (isDeepStrictEqual(await changeTimes(), files)) moments.before += 1;
    else moments.midway += 1;
    await child.start();
    expect(await differences()).toEqual([]);
  }
  expect(moments.midway).toBeGreaterThanOrEqual(KILLS / 4);
});

test('looks for drift afterwards write nothing', async () => {
  await child.kill();
  const own = await TestNode.of(node, await loadConfig(node.files.config));
  const asked: string[] = [];
  const invoke = jest.spyOn(ManagementConnection.prototype, 'invoke');
  await own.start({ driftMs: 50 });
  try {
    const times = await changeTimes();
    invoke.mockClear();
    const looks = (): number => invoke.mock.calls.filter(([, operation]) => operation === 'getQueueNames').length;
    await until('drift was looked for', () => looks() >= 5);
    asked.push(...invoke.mock.calls.map(([, operation]) => operation));
    expect(asked.filter((operation) => !/^(get|list)/.test(operation))).toEqual([]);
    expect(await changeTimes()).toEqual(times);
    expect(own.sidecar.status().drift.repairs).toBe(0);
  } finally {
    invoke.mockRestore();
    await own.stop();
  }
});

/** Lets one change go through and answers how long that took, milliseconds. */
async function wholeChange(there: Set<DevNode>): Promise<number> {
  const before = child.log.length;
  const began = Date.now();
  const [peer] = peers as [DevNode];
  there.add(peer);
  await putIntoMap(node, peer, await nodeInfoAt(peer, [{ host: '127.0.0.1', port: 20_000 }], BigInt(began)));
  await until('the first change is live', () => child.log.slice(before).some(isLive), 60_000);
  return Date.now() - began;
}

/** Resolves when so many changes of files in the broker's folder were seen. */
async function writes(count: number): Promise<void> {
  const over = new AbortController();
  let left = count;
  try {
    const changes = watch(join(instanceOf(node), 'etc'), { recursive: true, signal: over.signal });
    for await (const { filename } of changes) {
      if (filename?.endsWith('.tmp') === true) continue;
      left -= 1;
      if (left <= 0) return;
    }
  } finally {
    over.abort();
  }
}

function isLive(line: string): boolean {
  return line.includes('"message":"live"');
}

/** A peer joins, moves or leaves. */
async function changeMap(there: Set<DevNode>, chance: Chance): Promise<void> {
  const peer = chance.pick(peers) as DevNode;
  if (there.has(peer) && chance.hits(0.4)) {
    there.delete(peer);
    await takeFromMap(node, peer);
    return;
  }
  there.add(peer);
  const address = { host: '127.0.0.1', port: chance.between(20_001, 29_999) };
  await putIntoMap(node, peer, await nodeInfoAt(peer, [address], BigInt(Date.now())));
}

/** How the broker and its files differ from the plan of the map as it lies there now. */
async function differences(): Promise<string[]> {
  const { plan, material } = await previewPlan(await loadConfig(node.files.config), systemClock);
  const active = [...plan.bridges].sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  const files = new InstanceFiles(instanceOf(node));
  for (const { path } of await files.differing(renderInstance(plan, material.stores, active))) found.push(path);

  const addresses = new Set(await operations.addressNames());
  const queues = new Set(await operations.queueNames());
  const lacking = [...plan.staticAddresses, ...plan.addresses].filter(({ name }) => !addresses.has(name));
  lacking.push(...[...plan.staticQueues, ...plan.queues].filter(({ name }) => !queues.has(name)));
  found.push(...lacking.map(({ name }) => `lacking: ${name}`));

  const connections = new Map((await operations.brokerConnections()).map(({ name, uri }) => [name, uri]));
  for (const bridge of active) {
    if (connections.get(bridge.name) !== bridgeUri(plan, bridge)) found.push(`connection ${bridge.name}`);
  }
  const names = new Set(active.map(({ name }) => name));
  found.push(...[...connections.keys()].filter((name) => !names.has(name)).map((name) => `too much: ${name}`));

  for (const peer of peers) {
    const id = (await TestNode.of(peer, await loadConfig(peer.files.config))).id;
    const roles = await operations.roles(cordaAddresses.ingress(plan.ownId, id));
    const may = roles.some(({ name, send }) => send && name === peerRole(id));
    if (may !== names.has(`peer.${id}`)) found.push(`${peer.alias} ${may ? 'may' : 'may not'} send`);
  }
  return found;
}

async function etcOf(of: DevNode): Promise<string[]> {
  return readdir(join(instanceOf(of), 'etc')).catch(() => []);
}

/** When each of the broker's files was changed last. */
async function changeTimes(): Promise<Record<string, number>> {
  const etc = join(instanceOf(node), 'etc');
  const found: Record<string, number> = {};
  for (const name of await readdir(etc, { recursive: true })) found[name] = (await stat(join(etc, name))).mtimeMs;
  return found;
}
