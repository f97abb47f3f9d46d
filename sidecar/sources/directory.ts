import { join } from 'node:path';
import type { Clock } from '../lib/clock';
import { sha256Hex } from '../lib/digest';
import { eachLimited } from '../lib/each-limited';
import { messageOf, NetmapError } from '../lib/errors';
import type { KnownSerials, SourcedPeer } from '../network/merge';
import { mergeWithFallback } from '../network/merge-fallback';
import type { Peer } from '../network/peer';
import { DirectoryError } from './directory-error';
import { isNodeInfoName, listNodeInfoFiles, mayLeadToOthers, readBounded, stampOf } from './directory-files';
import { FolderWatch } from './folder-watch';
import { isAlike } from './alike';
import { isParkedAlike, park } from './parking';
import type { MapSnapshot, MapSource, SnapshotListener } from './source';

export interface ReadPeer {
  readonly peer: Peer;
  /** When its first certificate expires, milliseconds since the epoch. */
  readonly validUntil: number;
}

export interface DirectoryOptions {
  readonly folder: string;
  /** Verifies one file's content; rejects with a NetmapError when it is to be parked. */
  readonly readPeer: (file: { readonly name: string; readonly bytes: Uint8Array }) => Promise<ReadPeer>;
  readonly clock: Clock;
  /** `native` asks the operating system for changes; `poll` looks at intervals (network file systems report no changes). */
  readonly watch: 'native' | 'poll';
  /** Time between two looks where the operating system does not report changes, milliseconds. */
  readonly intervalMs: number;
  /** What is bad and was changed less than this long ago may be half-written: it is read again before it is parked. */
  readonly settleMs?: number;
  /** Time after which bad files that did not change are verified again, as certificates become valid. */
  readonly recheckMs?: number;
  readonly maxFileBytes?: number;
  readonly maxFiles?: number;
  readonly knownSerials?: KnownSerials;
}

const defaults = {
  settleMs: 2_000,
  recheckMs: 600_000,
  maxFileBytes: 1024 * 1024,
  maxFiles: 20_000,
  knownSerials: new Map<string, bigint>(),
};
/** Where changes are reported, a look at this interval finds what was missed all the same. */
const safetyIntervalMs = 30_000;
/** Files looked at beside each other: to ask for each of 10,000 in turn would take half a second. */
const AT_ONCE = 16;
/** Changes that come together are looked at together. */
const gatherMs = 25;

interface WatchedFile {
  /** `FileStamp.id` of the content that was read last. */
  stamp: string;
  /** Since when the content is as it is, at most. */
  since: number;
  /** When it is to be verified again though it did not change. */
  recheckAt: number;
  /** The content may be half-written and is to be read again. */
  pending: boolean;
  /** The last content that was verified. */
  good?: SourcedPeer;
  /** What the map took from this file last. */
  taken?: SourcedPeer;
  error?: NetmapError;
}

/**
 * The map source that reads a folder of NodeInfo files. A file that appears, changes or vanishes changes the map; one
 * that is bad is parked and harms no other, and where it was good before the peer stays as it was. What verifies is
 * complete, so a good file is taken at once.
 */
export class DirectorySource implements MapSource {
  private readonly options: Required<DirectoryOptions>;
  private readonly files = new Map<string, WatchedFile>();
  private current: MapSnapshot;
  private listener: SnapshotListener = () => undefined;
  private readonly folderWatch: FolderWatch;
  private isWatched = false;
  /** Names that the operating system has told of, and when to look at everything whatever it tells. */
  private readonly changed = new Set<string>();
  private wholeLookAt = 0;
  private cancelTimer: () => void = () => undefined;
  private looking: Promise<void> | undefined;
  /** Counts the changes that were reported, to know of those during a look. */
  private changes = 0;
  /** A look is due in a moment; what changes until then does not put it off. */
  private isLookNear = false;
  private stopped = false;

  constructor(options: DirectoryOptions) {
    this.options = { ...defaults, ...options };
    this.folderWatch = new FolderWatch(this.options.folder, (name) => this.lookSoon(name));
    this.current = { peers: [], parked: [], serials: this.options.knownSerials, revision: 0 };
  }

  async start(listener: SnapshotListener): Promise<void> {
    this.listener = listener;
    await this.lookNow();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelTimer();
    await this.looking;
    this.folderWatch.close();
  }

  snapshot(): MapSnapshot {
    return this.current;
  }

  private lookSoon(name: string | undefined): void {
    this.changes += 1;
    if (name === undefined || mayLeadToOthers(name)) this.wholeLookAt = 0;
    else if (isNodeInfoName(name)) this.changed.add(name);
    if (this.looking !== undefined || this.isLookNear) return;
    this.isLookNear = true;
    this.lookAfter(gatherMs);
  }

  private lookAfter(ms: number): void {
    this.cancelTimer();
    if (!this.stopped) this.cancelTimer = this.options.clock.after(ms, () => void this.lookNow());
  }

  private async lookNow(): Promise<void> {
    if (this.stopped) return;
    this.cancelTimer();
    this.isLookNear = false;
    const changes = this.changes;
    this.looking = this.look();
    await this.looking;
    this.looking = undefined;
    this.lookAfter(this.changes > changes ? gatherMs : this.untilNextLook());
  }

  private untilNextLook(): number {
    const interval = this.isWatched ? safetyIntervalMs : this.options.intervalMs;
    const isPending = [...this.files.values()].some((file) => file.pending);
    return isPending ? Math.min(interval, this.options.settleMs) : interval;
  }

  /** With thousands of files most of a look is to find that they are as before: only those are looked at that changed. */
  private async look(): Promise<void> {
    const names = [...this.changed];
    this.changed.clear();
    const now = this.options.clock.now();
    const isRoom = this.files.size + names.length <= this.options.maxFiles;
    const isPending = [...this.files.values()].some((file) => file.pending);
    const isPart = names.length > 0 && isRoom && !isPending && now < this.wholeLookAt;
    if (!isPart || (await this.folderWatch.arm()) !== 'standing') return this.lookAtFolder();
    await eachLimited(names, AT_ONCE, async (name) => {
      if (!this.stopped && !(await this.lookAt(name))) this.files.delete(name);
    });
    if (!this.stopped) this.publish([]);
  }

  private async lookAtFolder(): Promise<void> {
    const problems: NetmapError[] = [];
    this.isWatched = this.options.watch === 'native' && (await this.folderWatch.arm()) !== undefined;
    this.wholeLookAt = this.options.clock.now() + safetyIntervalMs;
    try {
      const names = await listNodeInfoFiles(this.options.folder);
      const read = this.withinLimit(names, problems);
      const present = new Set<string>();
      await eachLimited(read, AT_ONCE, async (name) => {
        if (!this.stopped && (await this.lookAt(name))) present.add(name);
      });
      if (this.stopped) return;
      for (const name of this.files.keys()) if (!present.has(name)) this.files.delete(name);
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error;
      problems.push(error);
    }
    if (problems.length > 0) this.wholeLookAt = 0;
    if (!this.stopped) this.publish(problems);
  }

  /** Files that were good before go first, so that a flood of others takes no place from them. */
  private withinLimit(names: string[], problems: NetmapError[]): string[] {
    const { maxFiles, folder } = this.options;
    if (names.length <= maxFiles) return names;
    problems.push(
      new DirectoryError('DIRECTORY_TOO_MANY_FILES', `${folder} has ${names.length} files, of at most ${maxFiles}`, {
        remedy: 'Remove what is no NodeInfo, or old.',
      }),
    );
    const isGood = (name: string): boolean => this.files.get(name)?.good !== undefined;
    return [...names.filter(isGood), ...names.filter((name) => !isGood(name))].slice(0, maxFiles);
  }

  /** Reads and verifies one file where that is due; false when it is none. */
  private async lookAt(name: string): Promise<boolean> {
    const stamp = await stampOf(join(this.options.folder, name));
    if (stamp === undefined) return false;
    const now = this.options.clock.now();
    const file = this.files.get(name) ?? { stamp: '', since: now, recheckAt: now, pending: true };
    this.files.set(name, file);
    if (file.stamp !== stamp.id)
      Object.assign(file, { stamp: stamp.id, since: Math.min(now, stamp.changedAt), pending: true });
    if (file.pending || now >= file.recheckAt) await this.verify(name, file);
    return true;
  }

  private async verify(name: string, file: WatchedFile): Promise<void> {
    const now = this.options.clock.now();
    file.recheckAt = now + this.options.recheckMs;
    try {
      const bytes = await readBounded(join(this.options.folder, name), this.options.maxFileBytes);
      const version = sha256Hex(bytes);
      const { peer, validUntil } = await this.options.readPeer({ name, bytes });
      if (file.good?.version !== version) file.good = { peer, origin: name, version };
      file.error = undefined;
      file.pending = false;
      file.recheckAt = Math.max(validUntil, file.recheckAt);
    } catch (error) {
      file.pending = now - file.since < this.options.settleMs;
      if (!file.pending) file.error = error instanceof NetmapError ? error : unforeseen(name, error);
    }
  }

  private publish(problems: readonly NetmapError[]): void {
    const offers = [...this.files.values()].flatMap(({ good, taken }) =>
      good === undefined ? [] : [{ newest: good, before: taken }],
    );
    const { peers, refused, serials } = mergeWithFallback(offers, this.current.serials);
    for (const file of this.files.values()) file.taken = undefined;
    for (const peer of peers) {
      const file = this.files.get(peer.origin);
      if (file !== undefined) file.taken = peer;
    }
    const errors = [
      ...problems.map((error) => ({ origin: this.options.folder, error })),
      ...[...this.files].flatMap(([origin, { error }]) => (error === undefined ? [] : [{ origin, error }])),
      ...refused.map(({ candidate, error }) => ({ origin: candidate.origin, error })),
    ];
    const parked = park(this.current.parked, errors, this.options.clock.now());
    const { revision } = this.current;
    if (revision > 0 && isAlike(peers, this.current.peers) && isParkedAlike(parked, this.current.parked)) return;
    this.current = { peers, parked, serials, revision: revision + 1 };
    this.listener(this.current);
  }
}

/** One file must never stop the look at the others, whatever its content does to its reader. */
function unforeseen(name: string, cause: unknown): DirectoryError {
  const message = `The file ${name} cannot be read: ${messageOf(cause)}`;
  return new DirectoryError('DIRECTORY_FILE_UNREADABLE', message, {
    remedy: 'Remove the file, and report this.',
    cause,
  });
}
