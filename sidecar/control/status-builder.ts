import type { BridgeStatus } from '../broker/bridge/bridge-status';
import type { ChangeReport } from '../broker/reconcile/change';
import { asError, causeOf, messageOf, NetmapError } from '../lib/errors';
import { peerId, type Peer } from '../network/peer';
import type { MapSnapshot } from '../sources/source';
import type { BacklogView } from './backlog';
import type { DepartedById } from './departures-file';
import type { NetworkMapView } from './network-map-view';
import type { NodeStatus, PeerStatus, Problem } from './status';

/** What the control loop itself knows. */
export interface StatusParts {
  readonly version?: string;
  readonly live?: NodeStatus['live'];
  readonly held?: Problem;
  readonly repairs: number;
  readonly lastRepair?: { readonly at: number; readonly changes: readonly ChangeReport[] };
}

export interface StatusInput {
  readonly own: Peer;
  readonly pid: number;
  readonly startedAt: number;
  readonly now: number;
  readonly broker: Pick<NodeStatus['broker'], 'kind' | 'state' | 'sharedStore'>;
  readonly snapshot: MapSnapshot;
  readonly bridges: readonly BridgeStatus[];
  readonly parts: StatusParts;
  readonly departed: DepartedById;
  readonly networkMap?: NetworkMapView;
  readonly backlog?: BacklogView;
  readonly certificates?: { readonly held: Problem | undefined };
  readonly users?: { readonly users: readonly unknown[]; readonly held: Problem | undefined };
}

export function buildStatus(input: StatusInput): NodeStatus {
  const { own, parts, snapshot } = input;
  const ownId = peerId(own);
  return {
    node: { name: own.identities[0].name.toCorda(), id: ownId },
    pid: input.pid,
    startedAt: input.startedAt,
    updatedAt: input.now,
    broker: { ...input.broker, ...(parts.version === undefined ? {} : { version: parts.version }) },
    map: {
      revision: snapshot.revision,
      peers: snapshot.peers.length,
      parked: snapshot.parked.map(({ origin, error, since }) => ({ origin, ...problemOf(error, since) })),
    },
    ...(input.networkMap === undefined ? {} : { networkMap: input.networkMap }),
    ...(parts.live === undefined ? {} : { live: parts.live }),
    ...(parts.held === undefined ? {} : { held: parts.held }),
    drift: { repairs: parts.repairs, ...(parts.lastRepair === undefined ? {} : { last: parts.lastRepair }) },
    ...(input.users && { rpcUsers: rpcUsersOf(input.users) }),
    ...(input.certificates?.held && { certificates: { held: input.certificates.held } }),
    peers: peersOf(snapshot, ownId, input.bridges, input.backlog),
    ...(input.backlog === undefined ? {} : { deadLetters: input.backlog.deadLetters }),
    ...departedOf(input.departed),
  };
}

function rpcUsersOf({ users, held }: NonNullable<StatusInput['users']>): NonNullable<NodeStatus['rpcUsers']> {
  return { count: users.length, ...(held === undefined ? {} : { held }) };
}

function departedOf(departed: DepartedById): Pick<NodeStatus, 'departed'> {
  if (departed.size === 0) return {};
  return {
    departed: [...departed].map(([id, { name, since, messages }]) => ({
      id,
      ...(name === undefined ? {} : { name }),
      since,
      ...(messages === undefined ? {} : { messages }),
    })),
  };
}

function peersOf(
  snapshot: MapSnapshot,
  ownId: string,
  bridges: readonly BridgeStatus[],
  backlog: BacklogView | undefined,
): PeerStatus[] {
  const byPeer = new Map(bridges.map((bridge) => [bridge.peer, bridge]));
  return snapshot.peers
    .filter(({ peer }) => peerId(peer) !== ownId)
    .map(({ peer }) => ({
      ...byPeer.get(peerId(peer)),
      id: peerId(peer),
      name: peer.identities[0].name.toCorda(),
      addresses: peer.addresses.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)),
      ...(peer.swaptacular === undefined ? {} : { queues: peer.swaptacular.queues }),
      ...ageOf(backlog?.oldest.get(peerId(peer))),
    }));
}

function ageOf(oldest: number | undefined): Pick<PeerStatus, 'oldest'> {
  return oldest === undefined ? {} : { oldest };
}

export function problemOf(error: unknown, since: number): Problem {
  const known = error instanceof NetmapError ? (error as NetmapError) : undefined;
  let message = messageOf(error);
  let cause = asError(causeOf(error));
  for (let depth = 0; cause !== undefined && depth < 4; depth += 1) {
    // Who wraps an error often ends with its words.
    const words = messageOf(cause);
    if (!message.endsWith(words)) message += `: ${words}`;
    cause = asError(cause.cause);
  }
  const remedy = known?.remedy;
  return {
    code: known?.code ?? 'UNEXPECTED',
    message,
    ...(remedy === undefined ? {} : { remedy }),
    since,
  };
}
