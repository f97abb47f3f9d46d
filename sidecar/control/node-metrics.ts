import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Clock } from '../lib/clock';
import { CAUSES } from './dead-letters/slices';
import type { NodeStatus, PeerStatus } from './status';

type Labelled = readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];

/** What Prometheus is told of a node, made of its status at each scrape, and of its process. */
export class NodeMetrics {
  private readonly registry = new Registry();

  constructor(
    private readonly status: () => NodeStatus,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    collectDefaultMetrics({ register: this.registry });
    this.single('broker_ready', '1 while the broker answers.', ({ broker }) => (broker.state === 'ready' ? 1 : 0));
    this.single('map_peers', 'Nodes in the map that is read, the own one included.', ({ map }) => map.peers);
    this.single('map_parked', 'Inputs of the map that are not taken.', ({ map }) => map.parked.length);
    this.single('change_held', '1 while the newest map or users are not live.', ({ held }) => (held ? 1 : 0));
    this.single(
      'drift_repairs',
      'Times that the broker was found changed, and repaired.',
      ({ drift }) => drift.repairs,
    );
    this.single(
      'departed_peers',
      'Peers that have left the map and still have something here.',
      ({ departed = [] }) => departed.length,
    );
    this.single('live_timestamp_seconds', 'When the last change went live.', ({ live }) => (live?.at ?? 0) / 1000);
    this.single(
      'map_service_failing_seconds',
      'For how long no map could be taken of its service.',
      ({ networkMap }) => (networkMap?.failingSince === undefined ? 0 : this.secondsSince(networkMap.failingSince)),
    );
    this.many(
      'dead_letters',
      'Messages that could not be delivered, by cause; `unsorted` where there are too many to sort.',
      ['cause'],
      deadLetters,
    );
    this.ofPeers('peer_messages', 'Messages that wait for a peer.', ({ queued = 0 }) => queued);
    this.ofPeers('peer_oldest_seconds', 'Age of the oldest message that waits for a peer.', ({ oldest }) =>
      oldest === undefined ? 0 : this.secondsSince(oldest),
    );
    this.ofPeers('peer_failures', 'Failures of the connection to a peer, in a row.', ({ failures = 0 }) => failures);
    this.many('peer_connections', 'Peers by the phase of their connection.', ['phase'], ({ peers }) =>
      [...countBy(peers)].map(([phase, value]) => ({ labels: { phase }, value })),
    );
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private single(name: string, help: string, of: (status: NodeStatus) => number): void {
    this.many(name, help, [], (status) => [{ labels: {}, value: of(status) }]);
  }

  /** Of peers that have messages or trouble alone: thousands have neither. */
  private ofPeers(name: string, help: string, of: (peer: PeerStatus) => number): void {
    this.many(name, help, ['peer', 'name'], ({ peers }) =>
      peers
        .filter(({ queued = 0, failures = 0 }) => queued > 0 || failures > 0)
        .map((peer) => ({ labels: { peer: peer.id, name: peer.name }, value: of(peer) })),
    );
  }

  private many(name: string, help: string, labelNames: readonly string[], of: (status: NodeStatus) => Labelled): void {
    const gauge = new Gauge({
      name: `netmap_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect: () => {
        gauge.reset();
        for (const { labels, value } of of(this.status())) gauge.set({ ...labels }, value);
      },
    });
  }

  private secondsSince(at: number): number {
    return Math.max(0, this.clock.now() - at) / 1000;
  }
}

function deadLetters({ deadLetters: found }: NodeStatus): Labelled {
  if (found === undefined) return [];
  if (found.causes === undefined && found.total > 0) return [{ labels: { cause: 'unsorted' }, value: found.total }];
  return CAUSES.map((cause) => ({ labels: { cause }, value: found.causes?.[cause] ?? 0 }));
}

function countBy(peers: readonly PeerStatus[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { phase = 'unknown' } of peers) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return counts;
}
