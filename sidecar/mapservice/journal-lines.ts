import { buf as crc32c } from 'crc-32/crc32c';
import { StoreError } from './store-error';

/** What a journal's lines hold: a checksum over this line and all before it, and JSON. */
export interface JournalLines {
  readonly values: readonly unknown[];
  /** Bytes of the lines that are whole; what lies behind was cut off by a crash. */
  readonly goodBytes: number;
  /** Of all these lines, to go on with. */
  readonly checksum: number;
}

/** What the first line says. */
export const JOURNAL_HEADER = { format: 'netmap-map-service', version: 1 };

const NEWLINE = 0x0a;
const CHECKSUM_DIGITS = 8;

/** One line: eight hexadecimal digits, a blank, JSON. Gives the line and the checksum that the next one goes on from. */
export function journalLine(value: unknown, before: number): { readonly line: Buffer; readonly checksum: number } {
  const text = Buffer.from(JSON.stringify(value));
  const checksum = crc32c(text, before);
  return { line: Buffer.concat([Buffer.from(`${digitsOf(checksum)} `), text, Buffer.from('\n')]), checksum };
}

/**
 * Reads lines. A last line that is not whole was being written when the machine stopped, and is left out; anything
 * wrong before it is no accident of writing.
 * @throws StoreError STORE_DAMAGED
 */
export function readJournalLines(bytes: Buffer, file: string): JournalLines {
  const values: unknown[] = [];
  let checksum = 0;
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(NEWLINE, start);
    const line = end < 0 ? undefined : readLine(bytes.subarray(start, end), checksum);
    if (line === undefined) {
      if (end >= 0 && end + 1 < bytes.length) throw damaged(file, start);
      break;
    }
    values.push(line.value);
    checksum = line.checksum;
    start = end + 1;
  }
  return { values, goodBytes: start, checksum };
}

export function isJournalHeader(value: unknown): boolean {
  return JSON.stringify(value) === JSON.stringify(JOURNAL_HEADER);
}

function readLine(line: Buffer, before: number): { readonly value: unknown; readonly checksum: number } | undefined {
  const text = line.subarray(CHECKSUM_DIGITS + 1);
  const checksum = crc32c(text, before);
  if (line.subarray(0, CHECKSUM_DIGITS + 1).toString('latin1') !== `${digitsOf(checksum)} `) return undefined;
  try {
    return { value: JSON.parse(text.toString('utf8')) as unknown, checksum };
  } catch {
    return undefined;
  }
}

function digitsOf(checksum: number): string {
  return (checksum >>> 0).toString(16).padStart(CHECKSUM_DIGITS, '0');
}

function damaged(file: string, place: number): StoreError {
  const message = `the journal ${file} is damaged at byte ${place}, with more behind it`;
  return new StoreError('STORE_DAMAGED', message, 'put a backup in its place; nothing was changed');
}
