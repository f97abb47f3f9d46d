import type { Clock } from '../lib/clock';
import { MergeError, type MergeErrorCode, type SourcedPeer } from '../network/merge';
import { NodeNames } from '../network/merge-names';
import { peerId, type Peer } from '../network/peer';
import { park } from './parking';
import type { MapSnapshot, MapSource, SnapshotListener } from './source';

/**
 * A source without those who claim to be the own node: another node with one of its names or keys, or with a name within
 * its name or around it, is parked. To the broker two nodes of one name would be one.
 */
export class OwnNameGuard implements MapSource {
  private readonly names = new NodeNames();
  private guarded: { readonly of: MapSnapshot; readonly snapshot: MapSnapshot } | undefined;

  constructor(
    private readonly source: MapSource,
    private readonly own: Peer,
    private readonly clock: Clock,
  ) {
    this.names.add(own.identities[0].name, 'this node');
  }

  start(listener: SnapshotListener): Promise<void> {
    return this.source.start(() => listener(this.snapshot()));
  }

  stop(): Promise<void> {
    return this.source.stop();
  }

  snapshot(): MapSnapshot {
    const of = this.source.snapshot();
    if (this.guarded?.of !== of) this.guarded = { of, snapshot: this.guard(of) };
    return this.guarded.snapshot;
  }

  private guard(snapshot: MapSnapshot): MapSnapshot {
    const refused = snapshot.peers.flatMap((candidate) => {
      const claim = this.claimOf(candidate.peer);
      return claim === undefined ? [] : [{ candidate, error: refusal(candidate, claim) }];
    });
    if (refused.length === 0) return snapshot;
    const out = new Set(refused.map(({ candidate }) => candidate));
    const errors = refused.map(({ candidate, error }) => ({ origin: candidate.origin, error }));
    const before = this.guarded?.snapshot.parked ?? [];
    return {
      ...snapshot,
      peers: snapshot.peers.filter((candidate) => !out.has(candidate)),
      parked: park([...before, ...snapshot.parked], [...snapshot.parked, ...errors], this.clock.now()),
    };
  }

  /** What of the own node the other has. */
  private claimOf(peer: Peer): Claim | undefined {
    if (peerId(peer) === peerId(this.own)) return undefined;
    for (const { id, name } of [...peer.identities, ...peer.services]) {
      const same = this.own.identities.find((mine) => mine.id === id || mine.name.equals(name));
      if (same?.id === id) return { code: 'MERGE_KEY_TAKEN', what: `the key ${id}` };
      if (same !== undefined) return { code: 'MERGE_NAME_TAKEN', what: `the name ${name.toCorda()}` };
    }
    const { name } = peer.identities[0];
    if (this.names.related(name) === undefined) return undefined;
    return { code: 'MERGE_NAME_WITHIN', what: `the name ${name.toCorda()}, within its name or around it` };
  }
}

interface Claim {
  readonly code: MergeErrorCode;
  /** In words. */
  readonly what: string;
}

function refusal({ peer, origin }: SourcedPeer, { code, what }: Claim): MergeError {
  const who = `The NodeInfo of ${peer.identities[0].name.toCorda()} from ${origin}`;
  return new MergeError(code, `${who} cannot be taken: it claims ${what}, and this node has it`, {
    remedy: 'Ask the network operator who has issued certificates for the name of this node.',
  });
}
