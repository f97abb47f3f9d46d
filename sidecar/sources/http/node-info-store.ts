import { validityOf } from '../../network-map/node-info-validity';
import type { Clock } from '../../lib/clock';
import { eachLimited } from '../../lib/each-limited';
import { messageOf, NetmapError } from '../../lib/errors';
import type { Trust } from '../../network-map/trust';
import type { MapEntry } from '../cache/map-entry';
import type { MapClient } from './map-client';
import type { MapForm, ServedNodeInfo } from './map-form';
import { MapServiceError } from './map-service-error';

/** A NodeInfo that a map names and that is not there. */
export interface Unresolved {
  readonly error: NetmapError;
  /** Since when, milliseconds since the epoch. */
  readonly since: number;
}

export interface StoreSettings {
  readonly client: MapClient;
  readonly form: MapForm;
  readonly trust: () => Trust;
  readonly clock: Clock;
}

/** What is bad stays bad, but certificates become valid with time. */
const RECHECK_MS = 600_000;
const AT_A_TIME = 8;
/** From so many on all are fetched at once. */
const BULK_FROM = 50;
/** Verifying is work; in between other things have their turn. */
const TURN = 20;

/** The NodeInfos that were fetched and verified, by hash. A hash stands for its content, so that no one is fetched twice. */
export class NodeInfoStore {
  private readonly entries = new Map<string, MapEntry>();
  private readonly unresolved = new Map<string, Unresolved & { readonly retryAt: number }>();

  constructor(private readonly settings: StoreSettings) {}

  add(entries: readonly MapEntry[]): void {
    for (const entry of entries) this.entries.set(entry.hash, entry);
  }

  /** Fetches and verifies what is not there yet; `bulk` where the service offers all at once. */
  async obtain(hashes: ReadonlySet<string>, bulk: boolean, signal: AbortSignal): Promise<void> {
    const unknown = this.due(hashes);
    if (unknown.length === 0) return;
    if (bulk && (this.entries.size <= 1 || unknown.length >= BULK_FROM)) await this.obtainAll(new Set(unknown), signal);
    await eachLimited(this.due(hashes), AT_A_TIME, async (hash) => {
      try {
        await this.take(hash, this.settings.form.readNodeInfo(await this.settings.client.nodeInfo(hash, signal)));
      } catch (error) {
        signal.throwIfAborted();
        this.fail(hash, error);
      }
    });
  }

  /** What is there of these, and why the rest is not. */
  resolve(hashes: ReadonlySet<string>): { entries: MapEntry[]; unresolved: Map<string, Unresolved> } {
    const entries: MapEntry[] = [];
    const unresolved = new Map<string, Unresolved>();
    for (const hash of hashes) {
      const entry = this.entries.get(hash);
      const missing = this.unresolved.get(hash);
      if (entry !== undefined) entries.push(entry);
      else if (missing !== undefined) unresolved.set(hash, missing);
    }
    return { entries, unresolved };
  }

  /** When something may change about what is missing of these: a new try, or the end of the doubt that it gives rise to. */
  nextTryAt(hashes: ReadonlySet<string>, doubtMs: number): number {
    const now = this.settings.clock.now();
    let next = Infinity;
    for (const [hash, { since, retryAt }] of this.unresolved) {
      if (!hashes.has(hash)) continue;
      next = Math.min(next, retryAt, since + doubtMs < now ? Infinity : since + doubtMs + 1);
    }
    return next;
  }

  /** Verifies an entry again, as after the roots have changed. Throws NetmapError. */
  async verifyAgain(entry: MapEntry): Promise<MapEntry> {
    return this.verified(entry.hash, this.settings.form.readNodeInfo(entry.signed));
  }

  /** Forgets what is not among these. */
  keepOnly(hashes: ReadonlySet<string>): void {
    for (const hash of this.entries.keys()) if (!hashes.has(hash)) this.entries.delete(hash);
    for (const hash of this.unresolved.keys()) if (!hashes.has(hash)) this.unresolved.delete(hash);
  }

  private due(hashes: ReadonlySet<string>): string[] {
    const now = this.settings.clock.now();
    return [...hashes].filter((hash) => !this.entries.has(hash) && (this.unresolved.get(hash)?.retryAt ?? now) <= now);
  }

  private async obtainAll(unknown: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { client, form } = this.settings;
    let served: readonly ServedNodeInfo[];
    try {
      served = form.readNodeInfos(await client.nodeInfos(signal));
    } catch {
      signal.throwIfAborted();
      // One by one they may be had all the same, and then it is known which one is at fault.
      return;
    }
    for (const [index, nodeInfo] of served.entries()) {
      const { hash } = nodeInfo.signed;
      if (!unknown.has(hash)) continue;
      if (index % TURN === 0) await new Promise(setImmediate);
      signal.throwIfAborted();
      await this.take(hash, nodeInfo).catch((error: unknown) => this.fail(hash, error));
    }
  }

  private async take(hash: string, served: ServedNodeInfo): Promise<void> {
    this.entries.set(hash, await this.verified(hash, served));
    this.unresolved.delete(hash);
  }

  private async verified(hash: string, { bytes, signed }: ServedNodeInfo): Promise<MapEntry> {
    const { form, trust } = this.settings;
    if (signed.hash !== hash) {
      throw new MapServiceError('MAP_SERVICE_ANSWER', `asked for the NodeInfo ${hash} the service gave ${signed.hash}`);
    }
    const given = trust();
    const peer = await form.verify(signed, given);
    const { from, until } = validityOf(signed.nodeInfo, given.roots);
    return { hash, signed: bytes, peer, validFrom: from, validUntil: until };
  }

  private fail(hash: string, cause: unknown): void {
    const now = this.settings.clock.now();
    const error = cause instanceof NetmapError ? (cause as NetmapError) : unforeseen(hash, cause);
    const since = this.unresolved.get(hash)?.since ?? now;
    this.unresolved.set(hash, { error, since, retryAt: error.decision === 'retry' ? now : now + RECHECK_MS });
  }
}

/** One NodeInfo must never stop the others, whatever its content does to its reader. */
function unforeseen(hash: string, cause: unknown): MapServiceError {
  return new MapServiceError('MAP_SERVICE_ANSWER', `the NodeInfo ${hash} cannot be read: ${messageOf(cause)}`, cause);
}
