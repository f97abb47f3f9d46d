import { parseCertificates, type Certificate } from '../../certificates/certificate';
import { checkRevocation, type RevocationFailure } from '../../certificates/revocation';
import { RevocationError } from '../../certificates/revocation-error';
import type { Clock } from '../../lib/clock';
import type { Peer } from '../../network/peer';
import { park } from '../parking';
import type { MapSnapshot, MapSource, SnapshotListener } from '../source';
import type { RevocationLists, RevocationState } from './revocation-lists';

export interface RevocationGuardOptions {
  readonly source: MapSource;
  readonly lists: Pick<RevocationLists, 'start' | 'stop' | 'state'>;
  readonly failure: RevocationFailure;
  /** CAs of the network between a node's own and the root, as far as they are known. */
  readonly cas: () => readonly Certificate[];
  readonly clock: Clock;
}

interface Guarded {
  readonly of: MapSnapshot;
  readonly by: RevocationState;
  readonly snapshot: MapSnapshot;
}

/**
 * A source without peers whose certificates were revoked: they are parked, and come back when they have others. Its
 * snapshot changes with the map and with the revocation lists.
 */
export class RevocationGuard implements MapSource {
  private guarded: Guarded | undefined;
  private changes = 0;
  private readonly certificates = new WeakMap<Peer, Certificate>();

  constructor(private readonly options: RevocationGuardOptions) {}

  async start(listener: SnapshotListener): Promise<void> {
    const { source, lists } = this.options;
    const tell = (): void => listener(this.snapshot());
    let isStarted = false;
    await lists.start(() => {
      if (isStarted) tell();
    });
    await source.start(tell);
    isStarted = true;
  }

  async stop(): Promise<void> {
    await this.options.source.stop();
    await this.options.lists.stop();
  }

  snapshot(): MapSnapshot {
    const of = this.options.source.snapshot();
    const by = this.options.lists.state;
    if (this.guarded?.of !== of || this.guarded.by !== by) {
      if (this.guarded !== undefined && this.guarded.by !== by) this.changes += 1;
      this.guarded = { of, by, snapshot: this.guard(of, by) };
    }
    return this.guarded.snapshot;
  }

  private guard(snapshot: MapSnapshot, { lists, parked }: RevocationState): MapSnapshot {
    const { failure, clock, cas } = this.options;
    const rules = { lists, failure, at: clock.now() };
    const between = cas();
    const errors = snapshot.peers.flatMap(({ peer, origin }) => {
      const error = this.refusal(peer, between, rules);
      return error === undefined ? [] : [{ origin, error, peer }];
    });
    const out = new Set(errors.map(({ peer }) => peer));
    const before = this.guarded?.snapshot.parked ?? [];
    const all = [...snapshot.parked, ...parked, ...errors];
    return {
      ...snapshot,
      revision: snapshot.revision + this.changes,
      peers: snapshot.peers.filter(({ peer }) => !out.has(peer)),
      parked: park([...before, ...snapshot.parked, ...parked], all, clock.now()),
    };
  }

  private refusal(
    peer: Peer,
    between: readonly Certificate[],
    rules: Parameters<typeof checkRevocation>[1],
  ): RevocationError | undefined {
    try {
      const nodeCa = this.nodeCaOf(peer);
      if (nodeCa === undefined) return undefined;
      checkRevocation(nodeCa, rules);
      const issuer = between.find((ca) => !ca.isSelfIssued && ca.subject.matches(nodeCa.issuer));
      if (issuer !== undefined) checkRevocation(issuer, rules);
      return undefined;
    } catch (error) {
      if (error instanceof RevocationError) return error;
      throw error;
    }
  }

  private nodeCaOf(peer: Peer): Certificate | undefined {
    const known = this.certificates.get(peer) ?? parseCertificates(peer.nodeCa)[0];
    if (known !== undefined) this.certificates.set(peer, known);
    return known;
  }
}
