import type { Certificate } from '../../certificates/certificate';
import { checkList } from '../../certificates/revocation';
import { RevocationError } from '../../certificates/revocation-error';
import { RevocationList } from '../../certificates/revocation-list';
import type { Clock } from '../../lib/clock';
import { park } from '../parking';
import type { ParkedInput } from '../source';
import type { ListOrigin } from './list-origin';

/** What is kept of lists between two runs, by the name of their origin. */
export interface KeptLists {
  read(name: string): Promise<Uint8Array | undefined>;
  write(name: string, bytes: Uint8Array): Promise<void>;
}

export interface RevocationListsOptions {
  readonly origins: readonly ListOrigin[];
  /** By whom a list may be signed. */
  readonly cas: () => readonly Certificate[];
  readonly kept: KeptLists;
  readonly clock: Clock;
}

/** What is known of revocation at one moment; another object whenever it has changed. */
export interface RevocationState {
  readonly lists: readonly RevocationList[];
  readonly parked: readonly ParkedInput[];
}

/** After a failure an origin is asked again so soon, milliseconds. */
const RETRY_MS = 60_000;

/**
 * The revocation lists of a network: each verified, kept on disk, and asked for again before it ends. A list that is bad,
 * stale or out of reach is parked, and the last good one stays in use: what is revoked stays so.
 */
export class RevocationLists {
  private readonly current = new Map<string, RevocationList>();
  private readonly problems = new Map<string, RevocationError>();
  private readonly abort = new AbortController();
  private cancels: (() => void)[] = [];
  private working: Promise<unknown> = Promise.resolve();
  private told = '';
  private known: RevocationState = { lists: [], parked: [] };

  constructor(private readonly options: RevocationListsOptions) {}

  get state(): RevocationState {
    return this.known;
  }

  /** Resolves when each list was read from where it is kept or, failing that, asked for once. */
  async start(onChange: () => void): Promise<void> {
    const { origins, clock } = this.options;
    await Promise.all(origins.map((origin) => this.recall(origin)));
    const missing = origins.filter(({ name }) => !this.current.has(name));
    await Promise.all(missing.map((origin) => this.look(origin)));
    this.tell(() => undefined);
    for (const [index, origin] of origins.entries()) {
      const next = (ms: number): void => {
        if (this.abort.signal.aborted) return;
        this.cancels[index] = clock.after(ms, () => {
          const work = this.look(origin).then(() => {
            this.tell(onChange);
            next(this.waitFor(origin));
          });
          this.working = Promise.all([this.working, work]);
        });
      };
      next(missing.includes(origin) ? this.waitFor(origin) : 0);
    }
  }

  /** After it resolves nothing is read any more, and `onChange` is not called. */
  async stop(): Promise<void> {
    this.abort.abort();
    for (const cancel of this.cancels) cancel();
    await this.working;
  }

  private waitFor({ name, everyMs }: ListOrigin): number {
    if (this.problems.has(name)) return Math.min(everyMs, RETRY_MS);
    const ends = this.current.get(name)?.nextUpdate ?? Number.POSITIVE_INFINITY;
    return Math.max(1_000, Math.min(everyMs, ends - this.options.clock.now()));
  }

  private async recall({ name }: ListOrigin): Promise<void> {
    try {
      const bytes = await this.options.kept.read(name);
      const list = bytes && RevocationList.parse(bytes);
      if (list !== undefined && this.options.cas().some((ca) => list.isBy(ca))) this.current.set(name, list);
    } catch (error) {
      if (!(error instanceof RevocationError)) throw error;
    }
  }

  private async look(origin: ListOrigin): Promise<void> {
    const { name } = origin;
    const { cas, clock, kept } = this.options;
    const before = this.current.get(name);
    try {
      const bytes = await origin.read(this.abort.signal);
      const list = RevocationList.parse(bytes);
      checkList(list, cas(), clock.now(), before);
      this.problems.delete(name);
      if (before?.thisUpdate === list.thisUpdate && before.serials.size === list.serials.size) return;
      this.current.set(name, list);
      await kept.write(name, bytes);
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.problems.set(name, error instanceof RevocationError ? error : notKept(name, error));
    }
  }

  private tell(onChange: () => void): void {
    const { clock } = this.options;
    const lists = [...this.current.values()];
    const now = clock.now();
    const facts = lists.map((list) => `${list.issuer.key()} ${list.thisUpdate} ${list.isStale(now)}`);
    const errors = [...this.problems].map(([origin, error]) => ({ origin, error }));
    const parked = park(this.known.parked, errors, now);
    const told = [...facts, ...parked.map(({ origin, error }) => `${origin} ${error.code} ${error.message}`)].join(
      '\n',
    );
    if (told === this.told) return;
    this.told = told;
    this.known = { lists, parked };
    if (!this.abort.signal.aborted) onChange();
  }
}

function notKept(name: string, cause: unknown): RevocationError {
  return new RevocationError('REVOCATION_LIST_UNREACHABLE', `the revocation list of ${name} cannot be kept on disk`, {
    remedy: 'look at the disk of the state folder; the list itself is in use',
    decision: 'retry',
    cause,
  });
}
