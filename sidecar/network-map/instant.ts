/** A moment to the nanosecond, as Corda keeps it. */
export interface Instant {
  /** Since the epoch, rounded down. */
  readonly seconds: number;
  /** From 0 to 999,999,999. */
  readonly nanos: number;
}

/** From the year 1 to the year 9999, the ends included. */
const earliest = Date.parse('0001-01-01T00:00:00Z') / 1_000;
const latest = Date.parse('9999-12-31T23:59:59Z') / 1_000;
const text = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/;

export function instantOf(milliseconds: number): Instant {
  const seconds = Math.floor(milliseconds / 1_000);
  return { seconds, nanos: Math.floor(milliseconds - seconds * 1_000) * 1_000_000 };
}

/** Milliseconds since the epoch; a part of one is cut. */
export function millisecondsOf({ seconds, nanos }: Instant): number {
  return seconds * 1_000 + Math.floor(nanos / 1_000_000);
}

/** Whether it can be written: from the year 1 to the year 9999. */
export function isInstant({ seconds, nanos }: Instant): boolean {
  const isInRange = Number.isInteger(seconds) && seconds >= earliest && seconds <= latest;
  return isInRange && Number.isInteger(nanos) && nanos >= 0 && nanos < 1_000_000_000;
}

/** RFC 3339 in UTC, with a fraction of three, six or nine digits where there is one. */
export function formatInstant({ seconds, nanos }: Instant): string {
  const digits = String(nanos)
    .padStart(9, '0')
    .replace(/(?:000){1,3}$/, '');
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19)}${digits === '' ? '' : `.${digits}`}Z`;
}

/** What `formatInstant` wrote, with a fraction of any length up to nine digits; undefined for anything else. */
export function parseInstant(written: string): Instant | undefined {
  const [, time = '', fraction = ''] = text.exec(written) ?? [];
  const instant = { seconds: Date.parse(`${time}Z`) / 1_000, nanos: Number(fraction.padEnd(9, '0')) };
  // Date.parse takes the 30th of February for the 2nd of March.
  return isInstant(instant) && formatInstant(instant).startsWith(time) ? instant : undefined;
}
