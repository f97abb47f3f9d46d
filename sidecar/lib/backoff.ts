export interface BackoffOptions {
  /** First delay and lower limit, milliseconds. */
  readonly min: number;
  /** Upper limit, milliseconds. */
  readonly max: number;
  /** How much each further failure multiplies the delay; 2 unless given. */
  readonly factor?: number;
  /** `full`: between min and the delay; `equal`: between half of the delay and the delay; `none`: the delay. */
  readonly jitter?: 'full' | 'equal' | 'none';
  /** A number from 0 up to but excluding 1. */
  readonly random?: () => number;
}

/** Growing delays between attempts; jitter keeps many clients from returning at the same moment. */
export class Backoff {
  private failures = 0;

  constructor(private readonly options: BackoffOptions) {
    if (!(options.min > 0) || !(options.max >= options.min)) {
      throw new RangeError(`A back-off needs 0 < min <= max, not min ${options.min} and max ${options.max}`);
    }
  }

  /** Milliseconds to wait before the next attempt, always from `min` to `max`. */
  next(): number {
    const { min, max, factor = 2, jitter = 'equal', random = Math.random } = this.options;
    const ceiling = Math.min(max, min * factor ** this.failures);
    this.failures += 1;
    const floor = { full: min, equal: Math.max(min, ceiling / 2), none: ceiling }[jitter];
    return Math.round(floor + random() * (ceiling - floor));
  }

  /** The next delay starts from `min` again: an attempt has succeeded. */
  reset(): void {
    this.failures = 0;
  }
}
