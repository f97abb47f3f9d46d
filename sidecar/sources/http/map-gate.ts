import type { Clock } from '../../lib/clock';
import { lossBeyond, type BrakeLimits, type Loss } from '../../network/brake';
import { peerId } from '../../network/peer';
import type { SourcedPeer } from '../../network/merge';
import { hashOf } from '../../network-map/hash';
import type { FetchedMap } from './accepted-map';
import type { MapDecisions } from './decisions';
import { MapHoldError, MapShrunkOrOlder } from './map-hold-error';
import type { HeldMap } from './map-status';

export interface GateSettings {
  readonly clock: Clock;
  readonly brake: BrakeLimits;
  readonly maxPeers: number;
  /** Never counted among those who leave. */
  readonly ownId: string;
}

/** Times of a service are not signed, and its clock may have been set right. */
const TOLERANCE_MS = 2 * 3_600_000;

/** Lets maps through, and holds those that want an operator's word until it is given. */
export class MapGate {
  private heldMap: HeldMap | undefined;
  /** What the operator has agreed to since the last map that has passed. */
  private readonly agreed = new Set<string>();

  constructor(private readonly settings: GateSettings) {}

  get held(): HeldMap | undefined {
    return this.heldMap;
  }

  /** Throws MapHoldError MAP_TOO_MANY_PEERS. */
  checkSize({ hashes }: FetchedMap): void {
    const { maxPeers } = this.settings;
    if (hashes.size <= maxPeers) return;
    throw new MapHoldError('MAP_TOO_MANY_PEERS', `the network map has ${hashes.size} entries, of at most ${maxPeers}`, {
      remedy: 'raise limits.peers where the network is that large',
    });
  }

  /** Throws MapShrunkOrOlder MAP_OLDER when the service itself dates the map before the one that was taken. */
  checkAge(map: FetchedMap, accepted: FetchedMap | undefined, decisions: MapDecisions): void {
    for (const [index, { stamp, bytes }] of map.parts.entries()) {
      const before = accepted?.parts[index]?.stamp.lastModified;
      const { lastModified } = stamp;
      if (before === undefined || lastModified === undefined || lastModified >= before - TOLERANCE_MS) continue;
      const dates = `${new Date(lastModified).toISOString()}, the one taken before of ${new Date(before).toISOString()}`;
      const error = new MapShrunkOrOlder('MAP_OLDER', `the network map is of ${dates}`, hashOf(bytes));
      this.hold(error, decisions);
    }
  }

  /** Throws MapShrunkOrOlder MAP_SHRUNK when too many would leave at once. */
  checkLoss(live: readonly SourcedPeer[], next: readonly SourcedPeer[], decisions: MapDecisions): void {
    const loss = this.lossOf(live, next);
    if (loss === undefined) return;
    const message = `the network map has lost ${loss.lost.length} of ${loss.of} peers at once`;
    this.hold(new MapShrunkOrOlder('MAP_SHRUNK', message, loss.digest, loss.lost), decisions);
  }

  /** What would leave at once, where that is more than may without being asked. */
  lossOf(live: readonly SourcedPeer[], next: readonly SourcedPeer[]): Loss | undefined {
    const { brake, ownId } = this.settings;
    const others = live.map(({ peer }) => peerId(peer)).filter((id) => id !== ownId);
    return lossBeyond(others, new Set(next.map(({ peer }) => peerId(peer))), brake);
  }

  /** A map has passed: what was held before does not matter any more. */
  pass(): void {
    this.heldMap = undefined;
    this.agreed.clear();
  }

  private hold(error: MapShrunkOrOlder, { map }: MapDecisions): void {
    const { digest, message, lost } = error;
    const now = this.settings.clock.now();
    const since = this.heldMap?.digest === digest ? this.heldMap.since : now;
    // A word that was given before counts for that time only: who leaves again later is asked about again.
    if (this.heldMap?.digest === digest && map?.digest === digest && map.at >= since) this.agreed.add(digest);
    if (this.agreed.has(digest)) return;
    this.heldMap = { reason: message, digest, since, lost };
    throw error;
  }
}
