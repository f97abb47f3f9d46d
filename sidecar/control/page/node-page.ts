import type { PageChange, PageHeldMap, PageNode, PagePeer } from '../../http/page-model';
import type { LoggedChange } from '../observe/change-log';
import type { NodeObservation } from '../observe/observer';
import { inputsBesideHeldMap } from '../parked-inputs';
import { shownPeer } from '../shown-peers';
import type { NodeStatus } from '../status';
import { noticesOf } from './notices';

export interface PageSettings {
  readonly version: string;
  /** Whether an operator can log in. */
  readonly canAccept: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** More of a kind are only counted. */
const MOST = { lost: 30, parked: 50, departed: 30 };

/** All of the status page but the peers. */
export function pageNode(seen: NodeObservation, { version, canAccept, now }: PageSettings): PageNode {
  const { status, traffic, screen } = seen;
  const { node, broker, map, networkMap, departed = [] } = status;
  const parked = inputsBesideHeldMap(status);
  return {
    now,
    ...{ name: node.name, id: node.id, version, startedAt: status.startedAt },
    broker: {
      kind: broker.kind,
      state: broker.state,
      ...(broker.version === undefined ? {} : { version: broker.version }),
    },
    map: {
      peers: map.peers,
      ...(seen.mapConfirmedAt === undefined ? {} : { confirmedAt: seen.mapConfirmedAt }),
      ...(networkMap?.failingSince === undefined ? {} : { failingSince: networkMap.failingSince }),
    },
    queued: status.peers.reduce((sum, { queued = 0 }) => sum + queued, 0),
    delivered: traffic.deliveredTotal,
    deadLetters: deadLettersOf(status),
    ...(screen && { screen: { accepted: screen.accepted, refused: sumOf(screen.refused) } }),
    certificates: Object.entries(seen.ownCertificates).map(([which, endsAt]) => ({ which, endsAt })),
    notices: noticesOf(seen, now),
    ...(networkMap?.held && { held: heldOf(networkMap.held, status, canAccept) }),
    changes: seen.changes.map(changeOf),
    parked: parked.slice(0, MOST.parked).map(({ origin, code, message, remedy, since }) => {
      return { origin, code, message, since, ...(remedy === undefined ? {} : { remedy }) };
    }),
    moreParked: Math.max(0, parked.length - MOST.parked),
    departed: departed
      .slice(0, MOST.departed)
      .map(({ id, name = id, since, messages = 0 }) => ({ name, since, messages })),
    moreDeparted: Math.max(0, departed.length - MOST.departed),
  };
}

export function pagePeers(seen: NodeObservation): PagePeer[] {
  return seen.status.peers.map((status) => {
    const { inFlight, delivered, deadLetters, certificateEndsAt } = shownPeer(status, seen);
    const { id, name, addresses, phase = 'unknown', since, queued = 0, oldest, failures = 0, retryAt, cause } = status;
    return {
      ...{ id, name, addresses, state: phase, queued, inFlight, delivered, dead: sumOf(deadLetters), failures },
      ...(since === undefined ? {} : { since }),
      ...(oldest === undefined ? {} : { oldest }),
      ...(retryAt === undefined ? {} : { retryAt }),
      ...(cause === undefined ? {} : { cause: cause.message }),
      ...(certificateEndsAt === undefined ? {} : { certificate: certificateEndsAt }),
    };
  });
}

function deadLettersOf({ deadLetters }: NodeStatus): Record<string, number> {
  if (deadLetters === undefined || deadLetters.total === 0) return {};
  return { ...(deadLetters.causes ?? { unsorted: deadLetters.total }) };
}

function heldOf(
  { reason, digest, since, lost }: NonNullable<NonNullable<NodeStatus['networkMap']>['held']>,
  { peers }: NodeStatus,
  canAccept: boolean,
): PageHeldMap {
  const names = new Map(peers.map(({ id, name }) => [id, name]));
  const shown = lost.slice(0, MOST.lost).map((id) => names.get(id) ?? id);
  return { reason, digest, since, lost: shown, moreLost: lost.length - shown.length, canAccept };
}

function changeOf({ problem, ...change }: LoggedChange): PageChange {
  return { ...change, ...(problem && { problem: `${problem.message} [${problem.code}]` }) };
}

function sumOf(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce<number>((sum, count = 0) => sum + count, 0);
}
