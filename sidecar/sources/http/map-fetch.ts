import type { Trust } from '../../network-map/trust';
import type { FetchedMap, MapPart } from './accepted-map';
import type { MapAnswer, MapClient } from './map-client';
import type { MapForm } from './map-form';

export interface FetchInput {
  readonly client: MapClient;
  readonly form: MapForm;
  readonly privateMap: string | undefined;
  /** What was taken last. */
  readonly known: FetchedMap | undefined;
  readonly trust: Trust;
  readonly signal: AbortSignal;
}

export interface Fetched {
  /** Undefined when it is still the one that is known. */
  readonly map?: FetchedMap;
  readonly maxAgeMs: number | undefined;
  /** The service gives all NodeInfos in one answer, too. */
  readonly hasBulk: boolean;
}

/** The public map, and the private one where there is one, verified. Throws NetmapError. */
export async function fetchMap(input: FetchInput): Promise<Fetched> {
  const { client, form, privateMap, known, trust, signal } = input;
  const names = privateMap === undefined ? [undefined] : [undefined, privateMap];
  const answers: MapAnswer[] = [];
  for (const [index, name] of names.entries()) {
    answers.push(await client.networkMap(known?.parts[index]?.stamp ?? {}, signal, name));
  }
  const [first] = answers;
  const ages = answers.flatMap(({ maxAgeMs }) => maxAgeMs ?? []);
  const parts = answers.flatMap(({ map }, index) => map ?? known?.parts[index] ?? []);
  const isKnown =
    parts.length === known?.parts.length && parts.every((part, index) => isSame(part, known.parts[index]));
  return {
    ...(isKnown ? {} : { map: await mapOfParts(form, parts, trust) }),
    maxAgeMs: ages.length === 0 ? undefined : Math.min(...ages),
    // Bulk answers leave private maps out.
    hasBulk: first?.serverVersion !== '1' && privateMap === undefined,
  };
}

/** Reads and verifies a public map and, after it, private ones: these add NodeInfos, and nothing else. */
export async function mapOfParts(form: MapForm, parts: readonly MapPart[], trust: Trust): Promise<FetchedMap> {
  const documents = [];
  for (const { bytes } of parts) documents.push(await form.readMap(bytes, trust));
  const [document] = documents;
  if (document === undefined) throw new RangeError('a network map without a part');
  return { document, hashes: new Set(documents.flatMap(({ nodeInfoHashes }) => nodeInfoHashes)), parts };
}

function isSame(part: MapPart, known: MapPart | undefined): boolean {
  return known !== undefined && (part === known || Buffer.from(part.bytes).equals(known.bytes));
}
