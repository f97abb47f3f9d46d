import { randomBytes } from 'node:crypto';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import type { BenchContext, BenchPart } from './bench-context';
import { figure } from './figures';
import { MapClients } from './map-client';
import { followMap } from './map-follow';
import { publish, signed } from './map-publish';
import { startMapService, type MapServiceProcess } from './map-service-process';
import type { PooledPeer } from './peer-pool';
import { processFigures } from './process-figures';

const PEERS = 10_000;
const MORE = 5;
const CONNECTIONS = 32;
const RUSH_MS = 5_000;

/** The network map service with 10,000 nodes, and a node that follows its map. */
export const mapPart: BenchPart = {
  name: 'map',
  minutes: 10,
  async run(context) {
    context.say(`making ${PEERS + MORE} peers`);
    const peers = await context.pool.take(PEERS + MORE, context.signal);
    const service = await startMapService(context, settingsAt(systemClock, randomBytes));
    const clients = new MapClients(service.url, CONNECTIONS);
    context.onEnd(async () => clients.close());
    await publishAll(context, clients, service, peers.slice(0, PEERS));
    await rush(context, clients, service);
    context.add(figure('map service: start with 10,000 nodes', 'ms', await service.restart()));
    await followMap(context, clients, service.url, PEERS, peers.slice(PEERS));
  },
};

async function publishAll(
  context: BenchContext,
  clients: MapClients,
  service: MapServiceProcess,
  peers: readonly PooledPeer[],
): Promise<void> {
  context.say(`publishing ${peers.length} NodeInfos`);
  const before = await processFigures(service.pid);
  const began = performance.now();
  let next = 0;
  const one = async (): Promise<void> => {
    for (let peer = peers[next++]; peer !== undefined; peer = peers[next++]) {
      context.signal.throwIfAborted();
      await publish(clients, peer);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  const seconds = (performance.now() - began) / 1000;
  await signed(context.signal, clients, peers.length);
  const after = await processFigures(service.pid);
  context.add(
    figure('map service: publishes, 0 to 10,000 nodes', '1/s', peers.length / seconds),
    figure('map service: processor time a publish', 'ms', (after.cpuMs - before.cpuMs) / peers.length),
    figure('map service, resident, 10,000 nodes', 'MiB', after.residentMiB),
  );
}

async function rush(context: BenchContext, clients: MapClients, service: MapServiceProcess): Promise<void> {
  context.say('asking for the map that is known, and for the one that is not');
  const { etag = '' } = await clients.ask('/network-map');
  for (const [name, headers, status] of [
    ['maps unchanged (ETag)', { 'if-none-match': etag }, 304],
    ['whole maps', {}, 200],
  ] as const) {
    const before = await processFigures(service.pid);
    const began = performance.now();
    const good = await clients.rush(
      () => performance.now() > began + RUSH_MS || context.signal.aborted,
      async () => (await clients.ask('/network-map', { headers })).status === status,
    );
    const ms = performance.now() - began;
    const { cpuMs } = await processFigures(service.pid);
    context.add(
      figure(`map service: ${name}`, '1/s', (good * 1000) / ms),
      figure(`map service: processor time, ${name}`, 'ms', (cpuMs - before.cpuMs) / good),
    );
  }
}
