import type { NetworkMapDocument } from '../../network-map/network-map';
import type { GenerationFacts } from '../cache/generation';
import type { MapStamp } from './map-client';
import type { KnownParameters } from './map-status';

/** A map as it was fetched and verified: the public one, and the private one where there is one. */
export interface FetchedMap {
  readonly document: NetworkMapDocument;
  /** All that is named, by the private map too. */
  readonly hashes: ReadonlySet<string>;
  readonly parts: readonly MapPart[];
}

export interface MapPart {
  readonly bytes: Uint8Array;
  readonly stamp: MapStamp;
}

/** The last map that was taken, by which parameters, and when the service last stood by it. */
export interface AcceptedMap {
  readonly map: FetchedMap;
  readonly parameters: KnownParameters & { readonly bytes: Uint8Array };
  readonly vouchedAt: number;
  /** Entries that the map does not name any more and that stay for now, by hash, and when they were last vouched for. */
  readonly retained: ReadonlyMap<string, number>;
}

/** What has to be kept of an accepted map besides its entries. */
export interface AcceptedFacts {
  /** Where the map is from: stamps mean nothing elsewhere. */
  readonly source: string;
  /** The roots by which all was verified. */
  readonly trust: string;
  readonly parts: readonly { readonly bytes: Uint8Array; readonly stamp: MapStamp }[];
  readonly parameters: { readonly hash: string; readonly bytes: Uint8Array };
  readonly vouchedAt: number;
  readonly retained: ReadonlyMap<string, number>;
}

interface FactsJson {
  readonly source: string;
  readonly trust: string;
  readonly parts: readonly { readonly bytes: string; readonly stamp: MapStamp }[];
  readonly parameters: { readonly hash: string; readonly bytes: string };
  readonly vouchedAt: number;
  readonly retained: Readonly<Record<string, number>>;
}

export function factsToJson(facts: AcceptedFacts): GenerationFacts {
  const json: FactsJson = {
    source: facts.source,
    trust: facts.trust,
    parts: facts.parts.map(({ bytes, stamp }) => ({ bytes: base64(bytes), stamp })),
    parameters: { hash: facts.parameters.hash, bytes: base64(facts.parameters.bytes) },
    vouchedAt: facts.vouchedAt,
    retained: Object.fromEntries(facts.retained),
  };
  return { ...json };
}

/** What `factsToJson` gave: a checksum has vouched for it. */
export function factsFromJson(facts: GenerationFacts): AcceptedFacts {
  const json = facts as unknown as FactsJson;
  return {
    ...json,
    parts: json.parts.map(({ bytes, stamp }) => ({ bytes: Buffer.from(bytes, 'base64'), stamp })),
    parameters: { hash: json.parameters.hash, bytes: Buffer.from(json.parameters.bytes, 'base64') },
    retained: new Map(Object.entries(json.retained)),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
