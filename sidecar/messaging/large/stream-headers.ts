import { HEADER } from '../headers';
import type { PropertyValue } from '../transport';

/** Application properties of a large message; docs/messaging.md describes them. */
export const STREAM = {
  id: HEADER.stream,
  part: HEADER.streamPart,
  /** On the announcement: bytes of a part at most. */
  partBytes: 'netmap_stream_part_bytes',
  /** On the announcement, milliseconds: it is given up when nothing more comes for so long. */
  life: 'netmap_stream_life',
  /** On the end: bytes of the whole. */
  length: 'netmap_stream_length',
  /** On the end: of the whole, in hex. */
  sha256: 'netmap_stream_sha256',
  /** On what ends it before its end: why. */
  aborted: 'netmap_stream_aborted',
} as const;

export interface Announcement {
  readonly id: string;
  readonly partBytes: number;
  readonly lifeMs: number;
}

/** What a stream must be when all is here. */
export interface StreamEnd {
  readonly parts: number;
  readonly length: number;
  readonly sha256: string;
}

export type Part =
  | { readonly kind: 'part'; readonly number: number }
  | { readonly kind: 'end'; readonly end: StreamEnd }
  | { readonly kind: 'aborted'; readonly reason: string };

export const MOST_PARTS = 1_000_000;
export const LONGEST_ID = 200;
const LONGEST_LIFE_MS = 4_294_967_295;

type Properties = Readonly<Record<string, PropertyValue>>;

/** Undefined where it is none that could be read. */
export function announcementOf(properties: Properties): Announcement | undefined {
  const { [STREAM.id]: id, [STREAM.partBytes]: partBytes, [STREAM.life]: lifeMs } = properties;
  if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID) return undefined;
  if (!isCount(partBytes, 1) || !isCount(lifeMs, 1) || lifeMs > LONGEST_LIFE_MS) return undefined;
  return { id, partBytes, lifeMs };
}

/** Undefined where it is none that could be read. */
export function partOf(properties: Properties): Part | undefined {
  const { [STREAM.part]: number, [STREAM.length]: length, [STREAM.sha256]: sha256 } = properties;
  const aborted = properties[STREAM.aborted];
  if (aborted !== undefined) return { kind: 'aborted', reason: String(aborted) };
  if (!isCount(number, 0) || number > MOST_PARTS) return undefined;
  if (length === undefined && sha256 === undefined) return number < MOST_PARTS ? { kind: 'part', number } : undefined;
  if (!isCount(length, 0) || typeof sha256 !== 'string') return undefined;
  return { kind: 'end', end: { parts: number, length, sha256 } };
}

function isCount(value: PropertyValue | undefined, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}
