import { mergePeers, type KnownSerials, type MergeResult, type SourcedPeer } from './merge';

/** What one input offers: its newest verified content, and what the map took from it before. */
export interface Offer {
  readonly newest: SourcedPeer;
  readonly before?: SourcedPeer;
}

/**
 * Merges the newest content of each input; where the map refuses it, the content that it took before stays instead.
 * `refused` names the newest content that was refused, and what had to leave the map.
 */
export function mergeWithFallback(offers: readonly Offer[], known: KnownSerials): MergeResult {
  const first = mergePeers(
    offers.map((offer) => offer.newest),
    known,
  );
  const refused = new Set(first.refused.map(({ candidate }) => candidate));
  const replaced = offers.some((offer) => refused.has(offer.newest) && hasOther(offer));
  if (!replaced) return first;
  const standing = offers.flatMap((offer) => {
    if (!refused.has(offer.newest)) return [offer.newest];
    return offer.before !== undefined && hasOther(offer) ? [offer.before] : [];
  });
  const second = mergePeers(standing, known);
  const origins = new Set(first.refused.map(({ candidate }) => candidate.origin));
  return {
    ...second,
    refused: [...first.refused, ...second.refused.filter(({ candidate }) => !origins.has(candidate.origin))],
  };
}

function hasOther({ newest, before }: Offer): boolean {
  return before !== undefined && before.version !== newest.version;
}
