import { NetmapError } from '../../lib/errors';
import { staleEntries } from '../../network/eviction';
import type { KnownSerials, SourcedPeer } from '../../network/merge';
import { mergeWithFallback } from '../../network/merge-fallback';
import { peerId } from '../../network/peer';
import type { MapEntry } from '../cache/map-entry';
import { MapHoldError } from './map-hold-error';

/** An entry of a map and when the service last vouched for it, milliseconds since the epoch. */
export interface VouchedEntry {
  readonly entry: MapEntry;
  readonly refreshedAt: number;
}

export interface ComposeInput {
  readonly entries: readonly VouchedEntry[];
  /** What the map gave last, by peer id: it stays where its successor is refused. */
  readonly before: ReadonlyMap<string, SourcedPeer>;
  readonly serials: KnownSerials;
  readonly now: number;
  readonly minimumPlatformVersion: number;
  /** Milliseconds after which an entry that nobody vouches for leaves. */
  readonly eventHorizon: number;
}

export interface Composed {
  readonly peers: readonly SourcedPeer[];
  readonly serials: KnownSerials;
  /** Why an entry is not among the peers, by its hash. */
  readonly errors: readonly { readonly origin: string; readonly error: NetmapError }[];
  /** Hashes of entries that have left because nobody vouched for them, ascending. */
  readonly stale: readonly string[];
}

/** The peers that a map gives at one moment, of what was fetched and verified for it. */
export function composePeers(input: ComposeInput): Composed {
  const { before, serials, now } = input;
  const stale = staleEntries(
    new Map(input.entries.map(({ entry, refreshedAt }) => [entry.hash, refreshedAt])),
    input.eventHorizon,
    now,
  );
  const gone = new Set(stale);
  const errors: { origin: string; error: NetmapError }[] = [];
  const offers: { newest: SourcedPeer; before?: SourcedPeer }[] = [];
  for (const { entry } of input.entries) {
    if (gone.has(entry.hash)) continue;
    const error = faultOf(entry, input);
    if (error !== undefined) {
      errors.push({ origin: entry.hash, error });
      continue;
    }
    const newest = { peer: entry.peer, origin: entry.hash, version: entry.hash };
    const known = before.get(peerId(entry.peer));
    offers.push({ newest, ...(known === undefined ? {} : { before: known }) });
  }
  const merged = mergeWithFallback(offers, serials);
  errors.push(...merged.refused.map(({ candidate, error }) => ({ origin: candidate.origin, error })));
  return { peers: merged.peers, serials: merged.serials, errors, stale };
}

function faultOf({ peer, validFrom, validUntil }: MapEntry, input: ComposeInput): MapHoldError | undefined {
  const name = peer.identities[0].name.toCorda();
  if (input.now < validFrom || input.now > validUntil) {
    const span = `${new Date(validFrom).toISOString()} to ${new Date(validUntil).toISOString()}`;
    return new MapHoldError('PEER_CERTIFICATE_TIME', `the certificates of ${name} are valid from ${span} only`, {
      remedy: 'look at the clock of this machine; else the node has to publish new certificates',
    });
  }
  if (peer.platformVersion >= input.minimumPlatformVersion) return undefined;
  const message = `${name} has platform version ${peer.platformVersion}, and the network asks for ${input.minimumPlatformVersion}`;
  return new MapHoldError('PEER_PLATFORM_VERSION', message, { remedy: 'that node has to be brought up to date' });
}
