/** What a figure ought to be, in its own unit. */
export interface Aim {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One thing that was measured. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** The median where there are several values. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Number of values. */
  readonly count: number;
  readonly aim?: Aim;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws RangeError without values. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  const upper = sorted[Math.floor(sorted.length / 2)];
  if (min === undefined || max === undefined || lower === undefined || upper === undefined) {
    throw new RangeError('there are no values');
  }
  return { median: (lower + upper) / 2, min, max };
}

/** A figure of one value or of several. Throws RangeError without values. */
export function figure(name: string, unit: string, values: number | readonly number[], aim?: Aim): Figure {
  const list = typeof values === 'number' ? [values] : values;
  const { median, min, max } = spread(list);
  return { name, unit, value: median, min, max, count: list.length, ...(aim === undefined ? {} : { aim }) };
}

/** Undefined where there is no aim. */
export function isMet({ value, aim }: Figure): boolean | undefined {
  if (aim === undefined) return undefined;
  return value <= (aim.atMost ?? Infinity) && value >= (aim.atLeast ?? -Infinity);
}
