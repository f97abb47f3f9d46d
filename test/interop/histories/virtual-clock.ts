import type { Clock } from '../../../sidecar/lib/clock';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export interface ClockView {
  /** By how much it is wrong, milliseconds. */
  readonly offset?: () => number;
  readonly isOver: () => boolean;
  readonly onTimer?: () => void;
  readonly idle?: IdleTimers;
}

/** Timers of one length that mostly find nothing and are set again: without `isDue` they wait until they are woken. */
export class IdleTimers {
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly clock: VirtualClock,
    readonly ms: number,
    private readonly isDue: () => boolean,
  ) {}

  put(run: () => void): () => void {
    if (this.isDue()) return this.clock.after(this.ms, run);
    this.waiting.add(run);
    return () => this.waiting.delete(run);
  }

  /** There is something to be found: they all fire. */
  wake(inMs: number): void {
    for (const run of this.waiting) {
      this.clock.after(inMs, () => {
        if (this.waiting.delete(run)) run();
      });
    }
  }
}

/** Time that moves only when told, and stands still for as long as anybody works, be it at a disk. */
export class VirtualClock implements Clock {
  /** Ascending; of the same time the one that was set first is first. */
  private readonly timers: Timer[] = [];

  /** `atRest` resolves when nothing more happens by itself; it is asked after every timer. */
  constructor(
    private time: number,
    private readonly atRest: () => Promise<void>,
  ) {}

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + Math.max(0, ms), callback };
    const place = this.timers.findLastIndex(({ at }) => at <= timer.at) + 1;
    this.timers.splice(place, 0, timer);
    return () => {
      const found = this.timers.indexOf(timer);
      if (found >= 0) this.timers.splice(found, 1);
    };
  }

  /** Runs every timer that falls due within `ms` milliseconds. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await this.atRest();
    for (let next = this.timers[0]; next !== undefined && next.at <= end; next = this.timers[0]) {
      this.timers.shift();
      this.time = next.at;
      next.callback();
      await this.atRest();
    }
    this.time = end;
  }

  /**
   * A clock that somebody may set wrong; after `isOver` its timers do nothing. `onTimer` is called with each.
   */
  view(view: ClockView): Clock {
    const { offset = () => 0, isOver, onTimer = () => undefined, idle } = view;
    return {
      now: () => this.time + offset(),
      after: (ms, callback) => {
        const run = (): void => {
          if (isOver()) return;
          onTimer();
          callback();
        };
        return idle?.ms === ms ? idle.put(run) : this.after(ms, run);
      },
    };
  }
}
