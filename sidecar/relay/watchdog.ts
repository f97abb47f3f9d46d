import type { Clock } from '../lib/clock';

/** After a stall of this process the time is up while what would have been in time lies unread in the socket. */
const SECOND_LOOK_MS = 1_000;

export interface WatchdogOptions {
  readonly clock: Clock;
  /** Milliseconds without a sign. */
  readonly ms: number;
  /** While it is false no sign is expected. */
  readonly expects: () => boolean;
  /** Called once, at least a second after the time was up. */
  readonly onSilence: () => void;
}

/** Tells when a sign of life stays away. To note one costs nothing: it sets no timer. */
export class Watchdog {
  private seenAt: number;
  private suspected = false;
  private cancel: () => void;

  constructor(private readonly options: WatchdogOptions) {
    this.seenAt = options.clock.now();
    this.cancel = options.clock.after(options.ms, () => this.look());
  }

  /** A sign, or the moment from which one is expected. */
  touch(): void {
    this.seenAt = this.options.clock.now();
    this.suspected = false;
  }

  stop(): void {
    this.cancel();
  }

  private look(): void {
    const { clock, ms, expects, onSilence } = this.options;
    if (!expects()) this.touch();
    const left = this.seenAt + ms - clock.now();
    if (left <= 0 && this.suspected) {
      onSilence();
      return;
    }
    this.suspected = left <= 0;
    this.cancel = clock.after(this.suspected ? SECOND_LOOK_MS : left, () => this.look());
  }
}
