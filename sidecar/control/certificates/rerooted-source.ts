import type { Certificate } from '../../certificates/certificate';
import type { Clock } from '../../lib/clock';
import { messageOf, NetmapError } from '../../lib/errors';
import type { Logger } from '../../lib/log';
import type { BrakeLimits } from '../../network/brake';
import type { KnownSerials } from '../../network/merge';
import { MapCacheError } from '../../sources/cache/map-cache-error';
import type { MapDecisions } from '../../sources/http/decisions';
import { MapGate } from '../../sources/http/map-gate';
import { MapShrunkOrOlder } from '../../sources/http/map-hold-error';
import type { HeldMap } from '../../sources/http/map-status';
import type { MapSnapshot, MapSource, SnapshotListener } from '../../sources/source';
import { NodeError } from '../node-error';

/** By which roots a source of the map is made, and for what. */
export interface Making {
  readonly roots: readonly Certificate[];
  readonly serials: KnownSerials;
  /** One look at what is there, by which nothing is written and nobody asked. */
  readonly isTrial: boolean;
}

export interface RerootedOptions<Made extends { readonly source: MapSource }> {
  readonly make: (making: Making) => Made;
  /** Is done before the roots change, with the source that is at work. */
  readonly prepare?: (made: Made, roots: readonly Certificate[]) => Promise<void>;
  /** Those of the start. */
  readonly roots: readonly Certificate[];
  readonly serials: KnownSerials;
  readonly brake: BrakeLimits;
  readonly ownId: string;
  /** Those on whom the operator has decided that they may leave. */
  readonly decisions: () => Promise<MapDecisions>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * A source of the map whose trusted roots may change while it runs. Nothing that was verified by the roots of before is
 * taken over: another source reads all of it anew, and takes the place of the one before when it has a map. Where it has
 * none, or by it more would leave at once than may, the one before stays. Never are two of them at work at once.
 */
export class RerootedSource<Made extends { readonly source: MapSource }> implements MapSource {
  private made: Made;
  private roots: readonly Certificate[];
  private shown: MapSnapshot;
  private listener: SnapshotListener = () => undefined;
  private readonly gate: MapGate;
  /** False where neither the new source could begin nor that of before: then what was given last stays. */
  private isUp = true;
  private turning: Promise<void> = Promise.resolve();

  constructor(private readonly options: RerootedOptions<Made>) {
    const { roots, serials } = options;
    this.roots = roots;
    this.made = options.make({ roots, serials, isTrial: false });
    this.shown = this.made.source.snapshot();
    this.gate = new MapGate({ ...options, maxPeers: Infinity });
  }

  /** The one that is at work. */
  get current(): Made {
    return this.made;
  }

  /** Who would leave by the changed roots, where that waits for the operator. */
  get held(): HeldMap | undefined {
    return this.gate.held;
  }

  async start(listener: SnapshotListener): Promise<void> {
    this.listener = listener;
    await this.made.source.start(this.listenerOf(this.made));
  }

  async stop(): Promise<void> {
    await this.turning.catch(() => undefined);
    await this.made.source.stop();
  }

  snapshot(): MapSnapshot {
    return this.shown;
  }

  /**
   * Has all of the map judged by these roots; what follows from it was given when this resolves. Does nothing where they
   * are those of before, in whatever order. Throws NodeError NODE_ROOTS with the reason, and all is as before.
   */
  async reroot(roots: readonly Certificate[]): Promise<void> {
    this.turning = this.turn(roots);
    await this.turning;
  }

  private async turn(roots: readonly Certificate[]): Promise<void> {
    if (!this.isUp || !isSame(roots, this.roots)) {
      try {
        if (this.isUp) {
          await this.options.prepare?.(this.made, roots);
          await this.lookAhead(roots);
        }
        await this.replace(roots);
      } catch (error) {
        throw error instanceof NetmapError ? refusal(error as NetmapError) : error;
      }
    }
    this.gate.pass();
  }

  private async lookAhead(roots: readonly Certificate[]): Promise<void> {
    const trial = this.options.make({ roots, serials: this.shown.serials, isTrial: true });
    try {
      await trial.source.start(() => undefined);
      await this.checkLoss(trial.source.snapshot());
    } catch (error) {
      // Of a service that has never given a map nobody can be lost.
      if (!(error instanceof MapCacheError && error.code === 'MAP_CACHE_MISSING')) throw error;
    } finally {
      await trial.source.stop();
    }
  }

  private async replace(roots: readonly Certificate[]): Promise<void> {
    const { log } = this.options;
    await this.made.source.stop();
    const check = (snapshot: MapSnapshot): Promise<void> => this.checkLoss(snapshot);
    try {
      await this.begin(roots, check);
      this.isUp = true;
    } catch (error) {
      try {
        await this.begin(this.roots, async () => undefined);
      } catch (cause) {
        this.isUp = false;
        log.error('the network map is not followed: neither by the changed roots nor by those of before', {
          error: cause,
        });
      }
      throw error;
    }
  }

  private async begin(roots: readonly Certificate[], check: (snapshot: MapSnapshot) => Promise<void>): Promise<void> {
    const next = this.options.make({ roots, serials: this.shown.serials, isTrial: false });
    try {
      await next.source.start(this.listenerOf(next));
      await check(next.source.snapshot());
    } catch (error) {
      await next.source.stop();
      throw error;
    }
    this.made = next;
    this.roots = roots;
    this.give(next.source.snapshot());
  }

  private async checkLoss({ peers }: MapSnapshot): Promise<void> {
    this.gate.checkLoss(this.shown.peers, peers, await this.options.decisions());
  }

  /** Nothing is heard of a source before it has taken over. */
  private listenerOf(made: Made): SnapshotListener {
    return (snapshot) => {
      if (made === this.made) this.give(snapshot);
    };
  }

  private give(snapshot: MapSnapshot): void {
    this.shown = { ...snapshot, revision: this.shown.revision + 1 };
    this.listener(this.shown);
  }
}

function isSame(one: readonly Certificate[], other: readonly Certificate[]): boolean {
  const within = (some: readonly Certificate[], all: readonly Certificate[]): boolean =>
    some.every((root) => all.some((each) => each.equals(root)));
  return within(one, other) && within(other, one);
}

function refusal(cause: NetmapError): NodeError {
  const lost = cause instanceof MapShrunkOrOlder ? ` (${named(cause.lost)})` : '';
  const remedy =
    cause instanceof MapShrunkOrOlder
      ? 'put the root back until they have certificates under another one; where they are to leave, a start of the sidecar takes the roots as they are, and with a network map service netmap map accept does at once'
      : 'put the root back until what it still vouches for is under another one: the network map, its parameters';
  return new NodeError('NODE_ROOTS', `the changed roots are not taken: ${messageOf(cause)}${lost}`, {
    remedy,
    cause,
    decision: cause.decision,
  });
}

const NAMED = 5;

function named(ids: readonly string[]): string {
  const more = ids.length - NAMED;
  return [...ids.slice(0, NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
