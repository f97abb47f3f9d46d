import { randomBytes } from 'node:crypto';
import { issueTls } from '../../sidecar/dev-network/issue-corda';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import { readNodeCredentials } from '../../sidecar/dev-network/open-dev-network';
import { delay, systemClock } from '../../sidecar/lib/clock';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import type { BenchContext, BenchPart } from './bench-context';
import { figure } from './figures';
import { HeldConnections, type Client } from './held-connections';
import { startLiveNode, type LiveNode } from './live-node';
import { emptyMap, putIntoMap, type PooledPeer } from './peer-pool';

/** One more peer, so many times. */
const SAMPLES = 5;
const HELD_PER_DOOR = 25;
const REST_MS = 3_000;

/** From map directory to live: many peers at once, and one more while others stay connected. */
export const applyPart: BenchPart = {
  name: 'apply',
  minutes: 12,
  async run(context) {
    context.say('making 10,010 peers');
    const peers = await context.pool.take(10_000 + SAMPLES, context.signal);
    await emptyMap(context.node('apply').files.map);
    context.say('starting a broker');
    const node = await startLiveNode(context, context.node('apply'));
    const bulk = await applyAll(node, peers.slice(0, 1_000), 1_000);
    context.add(figure('0 to 1,000 peers, map directory to live', 's', bulk / 1_000));
    const held = new HeldConnections();
    context.onEnd(() => held.close());
    await held.open(await clients(context, peers.slice(0, HELD_PER_DOOR)), node.certificate);
    await measureOneMore(context, node, held, peers.slice(1_000, 1_000 + SAMPLES), 1_000);
    context.say('9,000 more peers');
    const rest = await applyAll(node, peers.slice(1_000 + SAMPLES, 10_000), 10_000);
    context.add(figure('1,000 to 10,000 peers, map directory to live', 's', rest / 1_000));
    await measureOneMore(context, node, held, peers.slice(10_000), 10_000);
  },
};

/** Milliseconds since the epoch, the same in all processes of a machine. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

async function applyAll(node: LiveNode, peers: readonly PooledPeer[], total: number): Promise<number> {
  const live = node.live(total);
  const began = now();
  await putIntoMap(node.map, peers);
  return (await live) - began;
}

async function measureOneMore(
  context: BenchContext,
  node: LiveNode,
  held: HeldConnections,
  peers: readonly PooledPeer[],
  total: number,
): Promise<void> {
  const label = `+1 at ${total.toLocaleString('en-US')}`;
  const before = await node.connectionIds();
  const [took, share]: [number[], number[]] = [[], []];
  for (const [index, peer] of peers.entries()) {
    // One peer alone is measured: what the sidecar does after a change went live is not in its way.
    await delay(systemClock, REST_MS, context.signal);
    const live = node.live(total + index + 1);
    const began = now();
    await putIntoMap(node.map, [peer]);
    const ended = await live;
    const { ms: busy, summary } = await node.busy(began, ended);
    took.push((ended - began) / 1_000);
    share.push(busy / (ended - began));
    context.say(`${label}: ${(ended - began).toFixed(0)} ms, of which the broker ${busy.toFixed(0)} ms: ${summary}`);
  }
  const after = new Set(await node.connectionIds());
  const reset = before.filter((id) => !after.has(id)).length;
  context.add(
    figure(`${label}, file in place to live`, 's', took, total === 10_000 ? { atMost: 2 } : undefined),
    figure(`${label}, share that the broker takes`, 'ratio', share),
    figure(`${label}, connections held by others`, 'count', held.count),
    figure(`${label}, connections of others reset`, 'count', Math.max(reset, held.lost), { atMost: 0 }),
  );
}

/** Peers on the door for peers, and the node itself on its own. */
async function clients(context: BenchContext, peers: readonly PooledPeer[]): Promise<Client[]> {
  const node = context.node('apply');
  const { tls } = await readNodeCredentials(node);
  const settings = settingsAt(systemClock, randomBytes);
  const host = '127.0.0.1';
  return peers.flatMap(({ nodeCa }) => [
    { address: { host, port: node.ports.p2p }, tls: issueTls(nodeCa, settings), systemUser: SYSTEM_USERS.peer },
    { address: { host, port: node.ports.node }, tls, systemUser: SYSTEM_USERS.node },
  ]);
}
