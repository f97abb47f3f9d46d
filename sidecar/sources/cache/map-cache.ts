import { randomUUID } from 'node:crypto';
import { sha256Hex } from '../../lib/digest';
import { messageOf } from '../../lib/errors';
import { FolderFiles, type CacheFiles } from './cache-files';
import { readGeneration, writeGeneration, type Generation, type GenerationFacts, type Segment } from './generation';
import { MapCacheError } from './map-cache-error';
import { readEntries, writeEntries, type MapEntry } from './map-entry';

export interface CachedMap {
  readonly entries: readonly MapEntry[];
  readonly facts: GenerationFacts;
}

export interface LoadedMap extends CachedMap {
  /** Why the newest generation could not be used and this is the one before. */
  readonly fellBack?: MapCacheError;
}

const SLOTS = ['map-a', 'map-b'] as const;
type Slot = (typeof SLOTS)[number];
const SEGMENT = /^entries-[0-9a-f-]{36}$/;
/** Entries a segment: some 10 MB. */
const SEGMENT_ENTRIES = 1000;
/** More segments than needed, after which all are written anew. */
const SPARE_SEGMENTS = 32;

/**
 * The last accepted network map on disk, and the one before. Two slots are written in turn, each with a checksum over
 * itself and over the segments that it names; segments are never changed once written. So a crash or a full disk at
 * any moment leaves a generation that can be read, and a new entry costs no more than itself and the list of all.
 */
export class MapCache {
  private readonly files: CacheFiles;
  private slots: ReadonlyMap<Slot, Generation> = new Map();
  /** Where each entry of the newest generation lies. */
  private kept = new Map<string, Segment>();

  constructor(files: string | CacheFiles) {
    this.files = typeof files === 'string' ? new FolderFiles(files) : files;
  }

  /**
   * The newest generation that is whole; undefined before the first.
   * @throws MapCacheError MAP_CACHE_DAMAGED when there is something, and none of it can be used
   */
  async load(): Promise<LoadedMap | undefined> {
    const faults: { readonly slot: Slot; readonly cause: unknown }[] = [];
    const found: { readonly slot: Slot; readonly generation: Generation }[] = [];
    for (const slot of SLOTS) {
      try {
        const content = await this.files.read(slot);
        if (content !== undefined) found.push({ slot, generation: readGeneration(content.toString('utf8')) });
      } catch (cause) {
        faults.push({ slot, cause });
      }
    }
    found.sort((a, b) => b.generation.number - a.generation.number);
    for (const [index, { slot, generation }] of found.entries()) {
      try {
        const entries = await this.entriesOf(generation);
        this.slots = new Map(found.slice(index).map((good) => [good.slot, good.generation]));
        return { entries, facts: generation.facts, ...(faults.length === 0 ? {} : { fellBack: fallBack(faults) }) };
      } catch (cause) {
        faults.push({ slot, cause });
      }
    }
    if (faults.length === 0) return undefined;
    throw damaged(faults);
  }

  /**
   * Keeps a map as the newest generation. When this resolves it outlives a crash; when it rejects, what was kept stays.
   * @throws MapCacheError MAP_CACHE_UNWRITABLE
   */
  async store({ entries, facts }: CachedMap): Promise<void> {
    try {
      const segments = await this.segmentsFor(entries);
      const newest = Math.max(0, ...[...this.slots.values()].map(({ number }) => number));
      const slot = this.slots.get('map-a')?.number === newest && newest > 0 ? 'map-b' : 'map-a';
      const generation = { number: newest + 1, segments, entries: entries.map(({ hash }) => hash), facts };
      await this.files.write(slot, writeGeneration(generation));
      this.slots = new Map([...this.slots, [slot, generation]]);
      await this.sweep();
    } catch (cause) {
      throw new MapCacheError('MAP_CACHE_UNWRITABLE', `the new network map cannot be kept: ${messageOf(cause)}`, {
        remedy: 'look at the disk of the state folder and its space; the sidecar goes on trying by itself',
        decision: 'retry',
        cause,
      });
    }
  }

  private async entriesOf({ segments, entries }: Generation): Promise<MapEntry[]> {
    const byHash = new Map<string, MapEntry>();
    const kept = new Map<string, Segment>();
    for (const segment of segments) {
      const bytes = await this.files.read(segment.name);
      if (bytes === undefined) throw new Error(`${segment.name} is missing`);
      if (sha256Hex(bytes) !== segment.sha256) throw new Error(`${segment.name} is cut short or was changed`);
      for (const entry of readEntries(bytes)) {
        byHash.set(entry.hash, entry);
        kept.set(entry.hash, segment);
      }
    }
    this.kept = kept;
    return entries.map((hash) => {
      const entry = byHash.get(hash);
      if (entry === undefined) throw new Error(`the entry ${hash} is missing`);
      return entry;
    });
  }

  /** The segments that hold these entries; new ones are written for what no segment has. */
  private async segmentsFor(entries: readonly MapEntry[]): Promise<readonly Segment[]> {
    const isFragmented = (segments: number): boolean =>
      segments > 2 * Math.ceil(entries.length / SEGMENT_ENTRIES) + SPARE_SEGMENTS;
    const used = new Set(entries.flatMap(({ hash }) => this.kept.get(hash) ?? []));
    const anew = isFragmented(used.size);
    const missing = anew ? entries : entries.filter(({ hash }) => !this.kept.has(hash));
    const segments = anew ? [] : [...used];
    const kept = anew ? new Map<string, Segment>() : new Map(this.kept);
    for (let start = 0; start < missing.length; start += SEGMENT_ENTRIES) {
      const part = missing.slice(start, start + SEGMENT_ENTRIES);
      const bytes = writeEntries(part);
      const segment = { name: `entries-${randomUUID()}`, sha256: sha256Hex(bytes), count: part.length };
      await this.files.write(segment.name, bytes);
      segments.push(segment);
      for (const { hash } of part) kept.set(hash, segment);
    }
    this.kept = kept;
    return segments;
  }

  /** Removes segments that no generation names; what cannot be removed now is at the next time. */
  private async sweep(): Promise<void> {
    const named = new Set([...this.slots.values()].flatMap(({ segments }) => segments.map(({ name }) => name)));
    for (const name of await this.files.list().catch(() => [])) {
      if (SEGMENT.test(name) && !named.has(name)) await this.files.remove(name).catch(() => undefined);
    }
    for (const [hash, segment] of this.kept) if (!named.has(segment.name)) this.kept.delete(hash);
  }
}

type Faults = readonly { readonly slot: Slot; readonly cause: unknown }[];

function reasons(faults: Faults): string {
  return faults.map(({ slot, cause }) => `${slot}: ${messageOf(cause)}`).join('; ');
}

function fallBack(faults: Faults): MapCacheError {
  const message = `the newest network map kept on disk cannot be used (${reasons(faults)}); the one before it is`;
  return new MapCacheError('MAP_CACHE_FELL_BACK', message, {
    remedy: 'look at the disk; the newest map is fetched again by itself',
  });
}

function damaged(faults: Faults): MapCacheError {
  const message = `the network map kept on disk cannot be used: ${reasons(faults)}`;
  return new MapCacheError('MAP_CACHE_DAMAGED', message, {
    decision: 'alarm',
    remedy:
      'restore the folder network-map of the state folder from a backup; or remove it while the map service can be reached: until its map is read this node would know no peers',
    cause: faults[0]?.cause,
  });
}
