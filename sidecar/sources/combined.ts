import { mergePeers, type KnownSerials, type SourcedPeer } from '../network/merge';
import { peerId } from '../network/peer';
import { isAlike } from './alike';
import { isParkedAlike, park } from './parking';
import type { MapSnapshot, MapSource, SnapshotListener } from './source';
import type { Clock } from '../lib/clock';

export interface CombinedOptions {
  /** Those before win over those after them, as files win over a network map. */
  readonly sources: readonly [MapSource, ...MapSource[]];
  readonly clock: Clock;
  readonly knownSerials?: KnownSerials;
}

/**
 * One map of several sources. Of a node that more than one knows the newest NodeInfo counts, and of equals that of the
 * first source; where different nodes contend for a name or key, that of the first source has it.
 */
export class CombinedSource implements MapSource {
  private current: MapSnapshot;
  private listener: SnapshotListener = () => undefined;
  private isStarted = false;

  constructor(private readonly options: CombinedOptions) {
    const { knownSerials = new Map<string, bigint>() } = options;
    this.current = { peers: [], parked: [], serials: knownSerials, revision: 0 };
  }

  async start(listener: SnapshotListener): Promise<void> {
    this.listener = listener;
    const starting = this.options.sources.map((source) => source.start(() => this.onChange()));
    const failed = (await Promise.allSettled(starting)).find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      await this.stop();
      throw failed.reason;
    }
    this.isStarted = true;
    this.publish();
  }

  async stop(): Promise<void> {
    this.isStarted = false;
    await Promise.all(this.options.sources.map((source) => source.stop()));
  }

  snapshot(): MapSnapshot {
    return this.current;
  }

  /** Before all have had their first look, who is missing may be known to one of the others. */
  private onChange(): void {
    if (this.isStarted) this.publish();
  }

  private publish(): void {
    const { sources, clock } = this.options;
    const { current } = this;
    const snapshots = sources.map((source) => source.snapshot());
    const offered = snapshots.flatMap(({ peers }, precedence) => peers.map((peer) => ({ ...peer, precedence })));
    const { peers, refused, serials } = mergePeers(newestOf(offered), newestSerials([current, ...snapshots]));
    const errors = [
      ...snapshots.flatMap(({ parked }) => parked),
      ...refused.map(({ candidate, error }) => ({ origin: candidate.origin, error })),
    ];
    const parked = park(current.parked, errors, clock.now());
    const parameters = snapshots.find((snapshot) => snapshot.parameters !== undefined)?.parameters;
    const isSame = parameters === current.parameters && isAlike(peers, current.peers);
    if (current.revision > 0 && isSame && isParkedAlike(parked, current.parked)) return;
    const known = parameters === undefined ? {} : { parameters };
    this.current = { peers, parked, serials, revision: current.revision + 1, ...known };
    this.listener(this.current);
  }
}

/** Each node once; given in the order of precedence. */
function newestOf(offered: readonly SourcedPeer[]): SourcedPeer[] {
  const newest = new Map<string, SourcedPeer>();
  for (const candidate of offered) {
    const before = newest.get(peerId(candidate.peer));
    if (before === undefined || candidate.peer.serial > before.peer.serial)
      newest.set(peerId(candidate.peer), candidate);
  }
  return [...newest.values()];
}

function newestSerials(snapshots: readonly MapSnapshot[]): KnownSerials {
  const newest = new Map<string, bigint>();
  for (const { serials } of snapshots) {
    for (const [id, serial] of serials) if (serial > (newest.get(id) ?? 0n)) newest.set(id, serial);
  }
  return newest;
}
