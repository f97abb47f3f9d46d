import { Backoff } from '../../lib/backoff';

export interface PollLimits {
  /** Bounds of the time between two polls, milliseconds. */
  readonly minMs: number;
  readonly maxMs: number;
}

/** Where the service does not say how long its answer may be used. */
const DEFAULT_MS = 300_000;
const LONGEST_RETRY_MS = 60_000;
const JITTER = 0.1;

/** When to ask the service again: as it says, within bounds, and never all nodes at once. */
export class PollTimes {
  private readonly backoff: Backoff;

  constructor(
    private readonly limits: PollLimits,
    private readonly random: () => number,
  ) {
    const min = Math.min(limits.minMs, LONGEST_RETRY_MS);
    this.backoff = new Backoff({ min, max: Math.max(min, Math.min(limits.maxMs, LONGEST_RETRY_MS)), random });
  }

  /** Milliseconds until the next poll after an answer that may be used so long. */
  afterAnswer(maxAgeMs: number | undefined): number {
    this.backoff.reset();
    const spread = 1 + JITTER * (2 * this.random() - 1);
    const wanted = (maxAgeMs ?? DEFAULT_MS) * spread;
    return Math.round(Math.min(this.limits.maxMs, Math.max(this.limits.minMs, wanted)));
  }

  /** Milliseconds until the next try; longer with each failure. */
  afterFailure(): number {
    return this.backoff.next();
  }
}
