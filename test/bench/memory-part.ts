import { appendFile } from 'node:fs/promises';
import { loadConfig } from '../../sidecar/config/load-config';
import type { Config } from '../../sidecar/config/config';
import type { DevNode } from '../../sidecar/dev-network/dev-network';
import { readNodeCredentials } from '../../sidecar/dev-network/open-dev-network';
import { delay, systemClock } from '../../sidecar/lib/clock';
import { peerId } from '../../sidecar/network/peer';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { SYSTEM_USERS } from '../../sidecar/plan/roles';
import { freePorts } from '../integration/support/free-ports';
import { AnsweringPeers } from './answering-peers';
import type { BenchContext, BenchPart } from './bench-context';
import { figure } from './figures';
import { fillQueue } from './fill-queue';
import { openNodeAmqp } from './held-connections';
import { startNetmap, type NetmapProcess } from './netmap-process';
import { emptyMap, putIntoMap, type PooledPeer } from './peer-pool';
import { differing, fileMarks, processFigures } from './process-figures';

const PEERS = 10_000;
const ACTIVE = 50;
/** The numbers of those that can be reached, apart from all others. */
const FIRST_ACTIVE = 50_001;
const MESSAGES_EACH = 10;
/** Long enough for two looks for drift, and as many at the map. */
const QUIET_MS = 65_000;
const POLL_MS = 100;
/** What came last is written down within a second or so. */
const REST_MS = 5_000;

/** Memory of sidecar and broker with 10,000 peers of which 50 are connected, and what they do when there is nothing to do. */
export const memoryPart: BenchPart = {
  name: 'memory',
  minutes: 15,
  async run(context) {
    const node = context.node('memory');
    context.say('making 10,000 peers');
    const silent = await context.pool.take(PEERS - ACTIVE, context.signal);
    const ports = await freePorts(ACTIVE);
    const active = await context.pool.make(
      {
        first: FIRST_ACTIVE,
        count: ACTIVE,
        addressOf: (number) => ({ host: '127.0.0.1', port: ports[number - FIRST_ACTIVE] ?? 0 }),
      },
      context.signal,
    );
    const answering = new AnsweringPeers();
    context.onEnd(async () => answering.close());
    await answering.open(active);
    await emptyMap(node.files.map);
    await putIntoMap(node.files.map, [...silent, ...active]);
    // Those that are active stay so for as long as is measured.
    await appendFile(node.files.config, 'bridges: { idleSeconds: 3600 }\n');
    const config = await loadConfig(node.files.config);
    context.say('starting netmap run');
    const began = performance.now();
    const netmap = startNetmap(context, config);
    await netmap.until(({ live, held }) => live !== undefined && held === undefined);
    context.add(
      figure('first start with 10,000 peers, until proven', 's', (performance.now() - began) / 1_000),
      ...(await memory(netmap, 'no peer active')),
    );
    await activate(context, node, config, active, answering, netmap);
    context.add(...(await memory(netmap, `${ACTIVE} peers active`)));
    await measureQuiet(context, config, netmap);
    context.add(...(await memory(netmap, `${ACTIVE} peers active, a minute later`)));
  },
};

async function memory(netmap: NetmapProcess, when: string): Promise<ReturnType<typeof figure>[]> {
  const [sidecar, broker] = [await processFigures(netmap.pid), await processFigures(await netmap.brokerPid())];
  return [
    figure(`sidecar, resident, ${when}`, 'MiB', sidecar.residentMiB, { atMost: 200 }),
    figure(`broker, resident, ${when}`, 'MiB', broker.residentMiB),
  ];
}

/** Sends to each of the peers and waits until all has arrived. */
async function activate(
  context: BenchContext,
  node: DevNode,
  config: Config,
  active: readonly PooledPeer[],
  answering: AnsweringPeers,
  netmap: NetmapProcess,
): Promise<void> {
  context.say(`sending to ${ACTIVE} peers`);
  const { tls } = await readNodeCredentials(node);
  const client = { address: config.management, tls, systemUser: SYSTEM_USERS.node };
  const connection = await openNodeAmqp(client, tls.chain[0]);
  context.onEnd(async () => {
    await connection.close();
  });
  const began = performance.now();
  for (const { peer } of active) await fillQueue(connection, cordaAddresses.peerQueue(peerId(peer)), MESSAGES_EACH);
  while (answering.taken.some((count) => count < MESSAGES_EACH)) await delay(systemClock, POLL_MS, context.signal);
  const took = (performance.now() - began) / 1_000;
  await netmap.until(
    ({ peers }) => peers.filter(({ phase, queued }) => phase === 'connected' && queued === 0).length === ACTIVE,
  );
  context.add(
    figure(`${ACTIVE} peers connected on demand, all delivered`, 's', took),
    figure(
      'messages that peers took',
      'count',
      answering.taken.reduce((sum, count) => sum + count, 0),
    ),
  );
}

/** What processors and disks do while the map does not change and nobody sends. */
async function measureQuiet(context: BenchContext, config: Config, netmap: NetmapProcess): Promise<void> {
  await delay(systemClock, REST_MS, context.signal);
  context.say('watching what goes on when nothing does');
  const brokerPid = await netmap.brokerPid();
  const marks = async (): Promise<Map<string, string>> =>
    new Map([...(await fileMarks(config.broker.instance, ['data', 'tmp', 'log'])), ...(await fileMarks(config.state))]);
  const before = await marks();
  const [sidecar, broker] = [await processFigures(netmap.pid), await processFigures(brokerPid)];
  const began = performance.now();
  await delay(systemClock, QUIET_MS, context.signal);
  const seconds = (performance.now() - began) / 1_000;
  const [sidecarAfter, brokerAfter] = [await processFigures(netmap.pid), await processFigures(brokerPid)];
  const written = differing(before, await marks());
  if (written.length > 0) context.say(`written: ${written.join(', ')}`);
  context.add(
    figure('idle sidecar, processor time', 'ms a second', (sidecarAfter.cpuMs - sidecar.cpuMs) / seconds),
    figure('idle broker, processor time', 'ms a second', (brokerAfter.cpuMs - broker.cpuMs) / seconds),
    figure('files written while idle', 'count', written.length, { atMost: 0 }),
  );
}
