import { CAUSES } from './dead-letters/slices';
import { OWN_CERTIFICATES } from './observe/certificate-dates';
import type { NodeObservation } from './observe/observer';
import { faultyInputs, isOutsideWindow, isPaused } from './parked-inputs';
import type { ShownPeer } from './shown-peers';

/** What one scrape is made of. */
export interface Scrape {
  readonly seen: NodeObservation;
  /** Peers with something to tell; thousands have nothing. */
  readonly shown: readonly ShownPeer[];
  /** Peers with something to tell that are not among them. */
  readonly untold: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of this package. */
  readonly version: string;
}

export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface MetricDefinition {
  /** Without the prefix `netmap_`. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
  of(scrape: Scrape): readonly Sample[];
}

type Single = (scrape: Scrape) => number | undefined;
type Many = (scrape: Scrape) => readonly Sample[];
type OfPeer = (peer: ShownPeer, now: number) => number | undefined;

const seconds = (ms: number): number => ms / 1000;
const since = (at: number, now: number): number => Math.max(0, seconds(now - at));
const flag = (value: boolean): number => (value ? 1 : 0);
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
const counts = (label: string, of: Iterable<readonly [string, number]>): Sample[] =>
  [...of].map(([key, value]) => [{ [label]: key }, value] as const);

function single(name: string, help: string, value: Single, type: MetricDefinition['type'] = 'gauge'): MetricDefinition {
  const of = (scrape: Scrape): readonly Sample[] => {
    const found = value(scrape);
    return found === undefined ? [] : [[{}, found]];
  };
  return { name, type, help, labels: [], of };
}

function many(
  name: string,
  labels: readonly string[],
  help: string,
  of: Many,
  type: MetricDefinition['type'] = 'gauge',
) {
  return { name, type, help, labels, of };
}

function ofPeer(name: string, help: string, value: OfPeer, type: MetricDefinition['type'] = 'gauge'): MetricDefinition {
  const of = ({ shown, now }: Scrape): readonly Sample[] =>
    shown.flatMap((peer) => {
      const found = value(peer, now);
      return found === undefined ? [] : [[labelsOf(peer), found] as const];
    });
  return { name, type, help, labels: ['peer', 'name'], of };
}

function labelsOf({ status: { id, name } }: ShownPeer): { peer: string; name: string } {
  return { peer: id, name };
}

const DAY_MS = 86_400_000;
/** Days ahead in which the end of certificates is counted; 0: those that have ended. */
const DAYS_AHEAD = [0, 7, 30, 90] as const;

/** Every metric of a node's own; those of its process are prom-client's. */
export const NODE_METRICS: readonly MetricDefinition[] = [
  many('build_info', ['version', 'node_version'], 'What runs; always 1.', ({ version }) => [
    [{ version, node_version: process.version }, 1],
  ]),
  many('node_info', ['id', 'name'], 'Whose sidecar it is; always 1.', ({ seen: { status } }) => [
    [{ id: status.node.id, name: status.node.name }, 1],
  ]),
  many(
    'broker_info',
    ['version', 'kind'],
    'The broker beside it; always 1, absent before it has answered.',
    (scrape) => {
      const { version, kind } = scrape.seen.status.broker;
      return version === undefined ? [] : [[{ version, kind }, 1]];
    },
  ),
  single('broker_ready', '1 while the broker answers.', ({ seen }) => flag(seen.status.broker.state === 'ready')),
  single('map_peers', 'Nodes in the map that is read, the own one included.', ({ seen }) => seen.status.map.peers),
  single(
    'map_parked_inputs',
    'Inputs of the map that are not taken; what waits for an operator, a pause or a maintenance window does not count.',
    ({ seen }) => faultyInputs(seen.status).length,
  ),
  single('map_paused', '1 while the operator has paused changes of the map.', ({ seen }) =>
    flag(isPaused(seen.status)),
  ),
  single('map_outside_window', '1 while changes of the map wait for a maintenance window.', ({ seen }) =>
    flag(isOutsideWindow(seen.status)),
  ),
  single(
    'map_confirmed_timestamp_seconds',
    'When the network map service last gave a map in order; absent without a service or before its first answer.',
    ({ seen: { mapConfirmedAt } }) => (mapConfirmedAt === undefined ? undefined : seconds(mapConfirmedAt)),
  ),
  single(
    'map_service_failing_seconds',
    'For how long its service has given no map that is in order; 0 when all is well, or a map waits for the operator.',
    ({ seen: { status }, now }) =>
      status.networkMap?.failingSince === undefined ? 0 : since(status.networkMap.failingSince, now),
  ),
  single('map_held', '1 while a network map waits for the operator to accept it.', ({ seen }) =>
    flag(seen.status.networkMap?.held !== undefined),
  ),
  single(
    'parameters_waiting',
    '1 while network parameters, announced or asked for already, wait for the operator to accept them.',
    ({ seen: { status } }) =>
      flag(status.networkMap?.update?.isAccepted === false || status.networkMap?.unaccepted !== undefined),
  ),
  single('change_held', '1 while the newest map or users are not live.', ({ seen }) =>
    flag(seen.status.held !== undefined),
  ),
  single('rpc_users_held', '1 while the file of RPC users is not taken as it is.', ({ seen }) =>
    flag(seen.status.rpcUsers?.held !== undefined),
  ),
  many(
    'changes_applied_total',
    ['blast'],
    'Changes that went live, by whom they could touch at most.',
    ({ seen }) => counts('blast', Object.entries(seen.counts.applied)),
    'counter',
  ),
  many(
    'changes_refused_total',
    ['code'],
    'Changes that did not go live, by the code of the error; the last good one stayed.',
    ({ seen }) => counts('code', seen.counts.refused),
    'counter',
  ),
  single('live_timestamp_seconds', 'When the last change went live; absent before the first.', ({ seen }) =>
    seen.status.live === undefined ? undefined : seconds(seen.status.live.at),
  ),
  single('live_duration_seconds', 'How long that took, from its source to the proof.', ({ seen }) =>
    seen.status.live === undefined ? undefined : seconds(seen.status.live.tookMs),
  ),
  single(
    'drift_repairs_total',
    'Times that the broker was found changed, and repaired.',
    ({ seen }) => seen.status.drift.repairs,
    'counter',
  ),
  single(
    'drift_failures_total',
    'Looks for drift that failed, or found what could not be repaired.',
    ({ seen }) => seen.driftFailures,
    'counter',
  ),
  single(
    'departed_peers',
    'Peers that have left the map and still have something here.',
    ({ seen }) => seen.status.departed?.length ?? 0,
  ),
  single('departed_messages', 'Messages that wait for peers that have left the map.', ({ seen }) =>
    sum((seen.status.departed ?? []).map(({ messages = 0 }) => messages)),
  ),
  many(
    'dead_letters',
    ['cause'],
    'Messages that could not be delivered, by cause; `unsorted` where there are too many to sort.',
    ({ seen: { status } }) => {
      const { total, causes } = status.deadLetters ?? { total: 0 };
      if (causes === undefined && total > 0) return [[{ cause: 'unsorted' }, total]];
      return CAUSES.map((cause) => [{ cause }, causes?.[cause] ?? 0]);
    },
  ),
  single(
    'unrouted_messages_total',
    'Messages that came to an address while no queue would take them, since the broker started; those of peers are dead letters.',
    ({ seen }) => seen.traffic.unrouted,
    'counter',
  ),
  single('queued_messages', 'Messages that wait for all peers together.', ({ seen }) =>
    sum(seen.status.peers.map(({ queued = 0 }) => queued)),
  ),
  single(
    'delivered_messages_total',
    'Messages that all peers together have taken.',
    ({ seen }) => seen.traffic.deliveredTotal,
    'counter',
  ),
  many('peers', ['state'], 'Peers by the state of their connection.', ({ seen: { status } }) => {
    const found = new Map<string, number>(['idle', 'checking', 'starting', 'connected', 'waiting'].map((s) => [s, 0]));
    for (const { phase = 'unknown' } of status.peers) found.set(phase, (found.get(phase) ?? 0) + 1);
    return counts('state', found);
  }),
  many(
    'certificate_expiry_timestamp_seconds',
    ['certificate'],
    'When a certificate of this node ends: its TLS certificate, the first of its chain, of the roots, and of the RPC chain.',
    ({ seen: { ownCertificates } }) =>
      OWN_CERTIFICATES.flatMap((certificate) => {
        const at = ownCertificates[certificate];
        return at === undefined ? [] : [[{ certificate }, seconds(at)] as const];
      }),
  ),
  many(
    'peer_certificates_expiring',
    ['days'],
    'Peers of which a certificate ends within so many days; 0: has ended.',
    ({ seen: { peerCertificates }, now }) => {
      const ends = [...peerCertificates.values()];
      return DAYS_AHEAD.map((days) => [{ days: String(days) }, ends.filter((at) => at <= now + days * DAY_MS).length]);
    },
  ),
  single(
    'peers_untold',
    'Peers with something to tell that have no metrics of their own, for there are too many.',
    (s) => s.untold,
  ),
  ofPeer('peer_queued_messages', 'Messages that wait for a peer.', ({ status: { queued = 0 } }) => queued),
  ofPeer(
    'peer_oldest_message_age_seconds',
    'Age of the oldest message that waits for a peer; 0 where none does.',
    (peer, now) => (peer.status.oldest === undefined ? 0 : since(peer.status.oldest, now)),
  ),
  ofPeer('peer_in_flight_messages', 'Messages on their way to a peer, not settled yet.', ({ inFlight }) => inFlight),
  ofPeer(
    'peer_delivered_messages_total',
    'Messages that a peer has taken since the broker started.',
    ({ delivered }) => delivered,
    'counter',
  ),
  ofPeer(
    'peer_consecutive_failures',
    'Failures of the connection to a peer, in a row.',
    ({ status: { failures = 0 } }) => failures,
  ),
  many(
    'peer_state_timestamp_seconds',
    ['peer', 'name', 'state'],
    'Since when the connection to a peer is in its state; one series a peer, that of the state it is in.',
    ({ shown }) =>
      shown.flatMap((peer) => {
        const { phase, since: at } = peer.status;
        return phase === undefined || at === undefined
          ? []
          : [[{ ...labelsOf(peer), state: phase }, seconds(at)] as const];
      }),
  ),
  many('peer_dead_letters', ['peer', 'name', 'cause'], 'Dead letters from or for a peer, by cause.', ({ shown }) =>
    shown.flatMap((peer) =>
      Object.entries(peer.deadLetters).map(([cause, value]) => [{ ...labelsOf(peer), cause }, value] as const),
    ),
  ),
  ofPeer(
    'peer_certificate_expiry_timestamp_seconds',
    'When the first certificate ends by which a peer is known here.',
    ({ certificateEndsAt }) => (certificateEndsAt === undefined ? undefined : seconds(certificateEndsAt)),
  ),
  single(
    'screen_accepted_messages_total',
    'Messages of peers that the screen let through; absent where there is no screen.',
    ({ seen }) => seen.screen?.accepted,
    'counter',
  ),
  many(
    'screen_refused_messages_total',
    ['reason'],
    'Messages of peers that the screen refused, by kind of reason.',
    ({ seen }) => counts('reason', Object.entries(seen.screen?.refused ?? {})),
    'counter',
  ),
];
