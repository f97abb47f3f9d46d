import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../sidecar/config/load-config';
import { readNodeMaterial } from '../../sidecar/control/node-material';
import { planSettings } from '../../sidecar/control/plan-settings';
import { ManualClock, systemClock } from '../../sidecar/lib/clock';
import { networkView } from '../../sidecar/network/network-view';
import { peerId } from '../../sidecar/network/peer';
import { planBroker } from '../../sidecar/plan/plan-broker';
import { MapCache } from '../../sidecar/sources/cache/map-cache';
import { httpExchange } from '../../sidecar/sources/http/exchange';
import { jsonForm } from '../../sidecar/sources/http/json-form';
import { MapClient } from '../../sidecar/sources/http/map-client';
import { NetworkMapSource } from '../../sidecar/sources/http/network-map-source';
import type { BenchContext } from './bench-context';
import { figure } from './figures';
import type { MapClients } from './map-client';
import { publish, signed } from './map-publish';
import type { PooledPeer } from './peer-pool';
import { differing, fileMarks } from './process-figures';

const QUIET_POLLS = 200;
const DAY_MS = 86_400_000;

/** A node that comes to know the map, polls it when nothing is new, and sees one more node join. */
export async function followMap(
  context: BenchContext,
  clients: MapClients,
  mapUrl: string,
  known: number,
  more: readonly PooledPeer[],
): Promise<void> {
  const config = await loadConfig(context.node('apply').files.config);
  const { own, roots } = await readNodeMaterial(config, systemClock);
  const settings = await planSettings(config);
  const clock = new ManualClock(Date.now());
  const cache = join(context.folder, 'map-cache');
  await mkdir(cache, { recursive: true });
  const exchange = httpExchange({ clock, silenceMs: DAY_MS, wholeMs: DAY_MS });
  const url = new URL(mapUrl);
  const source = new NetworkMapSource({
    ...{ url: url.href, form: jsonForm, roots, cache: new MapCache(cache), clock, random: () => 0.5 },
    client: new MapClient({ url, exchange, mediaType: jsonForm.mediaType, platformVersion: own.platformVersion }),
    ...{
      poll: { minMs: 1000, maxMs: DAY_MS },
      brake: { share: 0.2, atLeast: 3 },
      ownId: peerId(own),
      maxPeers: 20_000,
    },
    decisions: async () => ({ parameters: [] }),
  });
  context.onEnd(() => source.stop());
  const plan = (): number => {
    const peers = source.snapshot().peers.map(({ peer }) => peer);
    return planBroker(networkView(own, peers), settings).bridges.length;
  };
  const poll = async (): Promise<void> => {
    const at = source.status().nextPollAt ?? clock.now();
    await clock.advance(Math.max(0, at - clock.now()));
    while ((source.status().nextPollAt ?? 0) <= clock.now()) {
      context.signal.throwIfAborted();
      await new Promise(setImmediate);
    }
  };

  context.say('fetching the map and 10,000 NodeInfos for the first time');
  const began = performance.now();
  await source.start(() => undefined);
  while (source.snapshot().peers.length < known) {
    context.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const fetched = performance.now();
  if (plan() !== known) throw new Error('the plan has not all peers');
  context.add(
    figure('node: first fetch and check of 10,000 NodeInfos', 's', (fetched - began) / 1000),
    figure('node: from nothing to a plan of 10,000 peers', 's', (performance.now() - began) / 1000),
  );

  context.say('polling when nothing is new');
  await poll();
  const files = await fileMarks(cache);
  const cpu = process.cpuUsage();
  for (let round = 0; round < QUIET_POLLS; round += 1) await poll();
  const { user, system } = process.cpuUsage(cpu);
  context.add(
    figure('node: processor time of a poll without news', 'ms', (user + system) / 1000 / QUIET_POLLS),
    figure(
      `node: files written by ${QUIET_POLLS} polls without news`,
      '',
      differing(files, await fileMarks(cache)).length,
      {
        atMost: 0,
      },
    ),
  );

  context.say('one more node, again and again');
  const times: number[] = [];
  for (const [index, peer] of more.entries()) {
    await publish(clients, peer);
    await signed(context.signal, clients, known + index + 1);
    const from = performance.now();
    await poll();
    if (plan() !== known + index + 1) throw new Error('the plan does not have the new peer');
    times.push(performance.now() - from);
  }
  context.add(figure('node: map with one more node at 10,000, poll to plan', 'ms', times));
}
