import type { Clock } from '../../lib/clock';
import type { Processors } from '../../lib/processors';

export interface PaceOptions {
  readonly clock: Clock;
  readonly processors: Processors;
}

/** Messages under way between the two queues. */
const MOST = 100;
const LEAST = 10;
/** Asked for in so many parts, as each request makes the broker look through its queue. */
const PARTS = 4;
/** Processors that the screen and its share of the broker's work keep busy at full speed; of a smaller machine's, a part of them. */
const NEEDS = 1.5;
const NEEDS_OF_ALL = 0.75;
/** After so long without the processors it looks whether others still want them. */
const PAUSE_MS = 100;
/** After so long at full speed it looks again whether others want the processors. */
const LOOK_MS = 500;
/** Pauses of one burst come to this, then the screen takes its share whatever else there is to do. */
const PAUSES_MS = 1_000;
/** After so long with next to nothing to do what comes is another burst. */
const IDLE_MS = 250;

/**
 * How many messages the screen asks the broker for. Peers wait for their receipts, and nobody for the screen: so it pauses
 * when a burst begins, and sees how many processors have nothing to do meanwhile. While these are too few for it, it goes on
 * pausing, so that the broker takes in a burst at its own speed, for a second at most. A queue of which somebody reads takes
 * the broker longer, even while he asks for nothing: so the link is left meanwhile.
 */
export class Pace {
  private allowed = LEAST;
  private underWay = 0;
  private settledSince = 0;
  /** Since when it pauses, and how long the processors had been idle then, milliseconds. */
  private pause: { readonly since: number; readonly idledMs: number } | undefined;
  private pausedMs = 0;
  private lookAt = 0;
  private busyAt = 0;

  constructor(private readonly options: PaceOptions) {}

  /** One message is done with. Answers in how many milliseconds to look on; 0: ask for more now; undefined: not yet. */
  settled(): number | undefined {
    this.underWay -= 1;
    this.settledSince += 1;
    if (this.pause !== undefined || this.settledSince < this.allowed / PARTS) return undefined;
    const now = this.options.clock.now();
    if (now - this.busyAt > IDLE_MS) this.pausedMs = this.lookAt = 0;
    this.busyAt = now;
    if (now < this.lookAt || this.pausedMs >= PAUSES_MS) {
      this.allowed = Math.min(MOST, this.allowed * 2);
      return 0;
    }
    this.allowed = LEAST;
    return this.pauseFrom(now);
  }

  /** A pause is over. Answers in how many milliseconds to look again; 0: ask now. */
  look(): number {
    if (this.pause === undefined) return 0;
    const now = this.options.clock.now();
    if (this.mayGoOn(this.pause, now)) {
      this.lookAt = now + LOOK_MS;
      return 0;
    }
    return this.pausedMs < PAUSES_MS ? this.pauseFrom(now) : 0;
  }

  /** How many to ask for now; none while more are under way than may be. */
  ask(): number {
    this.pause = undefined;
    this.settledSince = 0;
    this.busyAt = this.options.clock.now();
    const credit = Math.max(0, this.allowed - this.underWay);
    this.underWay += credit;
    return credit;
  }

  /** Whether so much is asked for that the next burst would keep the screen busy at its very beginning. */
  get isMuch(): boolean {
    return this.pause === undefined && this.underWay > LEAST;
  }

  /** Whether it pauses and all that it asked for has come, so that more waits: the link serves nobody meanwhile. */
  get isAway(): boolean {
    return this.pause !== undefined && this.underWay === 0;
  }

  private pauseFrom(now: number): number {
    this.pausedMs += PAUSE_MS;
    this.pause = { since: now, idledMs: this.options.processors.idledMs() };
    return PAUSE_MS;
  }

  private mayGoOn({ since, idledMs }: NonNullable<Pace['pause']>, now: number): boolean {
    const { processors } = this.options;
    const idle = (processors.idledMs() - idledMs) / (now - since);
    return idle >= Math.min(NEEDS, processors.count * NEEDS_OF_ALL);
  }
}
