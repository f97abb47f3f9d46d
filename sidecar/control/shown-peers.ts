import type { Cause } from './dead-letters/slices';
import type { NodeObservation } from './observe/observer';
import type { PeerStatus } from './status';

/** A peer with all that is known of it. */
export interface ShownPeer {
  readonly status: PeerStatus;
  readonly delivered: number;
  readonly inFlight: number;
  readonly deadLetters: Readonly<Partial<Record<Cause, number>>>;
  /** Milliseconds since the epoch. */
  readonly certificateEndsAt?: number;
}

/** Peers of which a certificate ends within so long have something to tell. */
const EXPIRING_MS = 90 * 86_400_000;
/** Each peer is some ten series: as many as one Prometheus takes of one target without noticing. */
const MOST_SHOWN = 1_000;

export function shownPeer(status: PeerStatus, seen: NodeObservation): ShownPeer {
  const { delivered = 0, inFlight = 0 } = seen.traffic.peers.get(status.id) ?? {};
  const endsAt = seen.peerCertificates.get(status.id);
  const deadLetters = seen.traffic.deadLetters.get(status.id) ?? {};
  return { status, delivered, inFlight, deadLetters, ...(endsAt === undefined ? {} : { certificateEndsAt: endsAt }) };
}

/** The peers with something to tell; where there are too many, those in trouble first. */
export function shownPeers(
  seen: NodeObservation,
  now: number,
  most = MOST_SHOWN,
): { shown: ShownPeer[]; untold: number } {
  const all = seen.status.peers
    .map((status) => shownPeer(status, seen))
    .filter((peer) => isInTrouble(peer, now) || isInUse(peer));
  if (all.length <= most) return { shown: all, untold: 0 };
  const [troubled, others] = [all.filter((peer) => isInTrouble(peer, now)), all.filter((p) => !isInTrouble(p, now))];
  return { shown: [...troubled, ...others].slice(0, most), untold: all.length - most };
}

function isInTrouble({ status, deadLetters, certificateEndsAt = Infinity }: ShownPeer, now: number): boolean {
  const { queued = 0, failures = 0, phase } = status;
  const hasDead = Object.keys(deadLetters).length > 0;
  return queued > 0 || failures > 0 || phase === 'waiting' || hasDead || certificateEndsAt <= now + EXPIRING_MS;
}

function isInUse({ status: { phase = 'idle' }, delivered, inFlight }: ShownPeer): boolean {
  return phase !== 'idle' || delivered > 0 || inFlight > 0;
}
