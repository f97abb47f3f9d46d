import type { Clock } from '../../lib/clock';

export interface PaceOptions {
  readonly clock: Clock;
  /** How long this process was ready to run and had no processor, milliseconds in all; undefined where nobody tells. */
  readonly waited: () => number | undefined;
}

/** Messages under way between the two queues. */
const MOST = 100;
const LEAST = 10;
/** Asked for in so many parts, as each request makes the broker look through its queue. */
const PARTS = 4;
/** A shorter time does not show who has the processors. */
const MEASURE_MS = 5;
/** Share of the time without a processor from which on the processors are busy. */
const BUSY = 0.2;
const PAUSE_MS = 100;
/** Pauses one after another come to this, then the screen takes its share whatever else there is to do. */
const PAUSES_MS = 1_000;
/** After so long with next to nothing to do what comes is another burst. */
const IDLE_MS = 250;

/**
 * How many messages the screen asks the broker for. Peers wait for their receipts, and nobody for the screen: while it
 * has to queue for a processor it asks for few, so that the broker takes in a burst at its own speed, for a second at most.
 */
export class Pace {
  private allowed = LEAST;
  private underWay = 0;
  private settledSince = 0;
  private isPausing = false;
  private pausedMs = 0;
  private lookedAt: number;
  private waitedMs: number | undefined;

  constructor(private readonly options: PaceOptions) {
    this.lookedAt = options.clock.now();
    this.waitedMs = options.waited();
  }

  /** One message is done with. Answers in how many milliseconds to ask for more; undefined: not yet. */
  settled(): number | undefined {
    this.underWay -= 1;
    this.settledSince += 1;
    if (this.isPausing || this.settledSince < this.allowed / PARTS) return undefined;
    const pause = this.look();
    this.isPausing = pause > 0;
    return pause;
  }

  /** How many to ask for now; none while more are under way than may be. */
  ask(): number {
    if (this.isPausing) this.measureAnew();
    this.isPausing = false;
    this.settledSince = 0;
    const credit = Math.max(0, this.allowed - this.underWay);
    this.underWay += credit;
    return credit;
  }

  private look(): number {
    const ms = this.options.clock.now() - this.lookedAt;
    if (ms < MEASURE_MS) return 0;
    const before = this.waitedMs;
    this.measureAnew();
    if (ms > IDLE_MS) this.pausedMs = 0;
    const isBusy = before !== undefined && this.waitedMs !== undefined && (this.waitedMs - before) / ms >= BUSY;
    if (!isBusy || this.pausedMs >= PAUSES_MS) {
      this.allowed = Math.min(MOST, this.allowed * 2);
      return 0;
    }
    this.allowed = LEAST;
    this.pausedMs += PAUSE_MS;
    return PAUSE_MS;
  }

  private measureAnew(): void {
    this.lookedAt = this.options.clock.now();
    this.waitedMs = this.options.waited();
  }
}
