import { journalLine } from './journal-lines';

/** What the last line of a backup says of all lines before it, so that none can be missing. */
export interface JournalEnd {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** `checksum` is that of the lines before. */
export function endLine(end: JournalEnd, checksum: number): Buffer {
  return journalLine({ end }, checksum).line;
}

/** Whether a line's value is an end mark; appends are lists. */
export function isEndMark(value: unknown): value is { readonly end: JournalEnd } {
  return typeof value === 'object' && value !== null && 'end' in value && isEnd(value.end);
}

function isEnd(end: unknown): boolean {
  if (typeof end !== 'object' || end === null || !('bytes' in end) || !('sha256' in end)) return false;
  return typeof end.bytes === 'number' && typeof end.sha256 === 'string';
}
