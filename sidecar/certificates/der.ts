import { NetmapError } from '../lib/errors';

/** Bytes that are not the DER that was expected at this place. */
export class DerError extends NetmapError<'DER_INVALID'> {
  constructor(message: string) {
    super('DER_INVALID', message);
  }
}

/** Identifier octets of the universal types in use; constructed ones carry the constructed bit. */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  generalString: 0x1b,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The identifier octet of a context-specific tag: `[n]`, constructed (explicit or a structure) or primitive. */
export const contextTag = (number: number, constructed: boolean): number => (constructed ? 0xa0 : 0x80) | number;

/** One DER value: its identifier octet, its content, and all of its bytes. Nothing is copied. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Reads exactly one value. Throws DerError for indefinite or overlong lengths, high tag numbers and leftover bytes. */
export function readDer(bytes: Uint8Array): DerValue {
  const value = readAt(bytes, 0);
  if (value.bytes.length !== bytes.length)
    throw new DerError(`${bytes.length - value.bytes.length} bytes are left over`);
  return value;
}

function readAt(bytes: Uint8Array, start: number): DerValue {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined) throw new DerError('the bytes end inside a value');
  if ((tag & 0x1f) === 0x1f) throw new DerError('tag numbers above 30 are not used here');
  let header = 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > 4) throw new DerError('the length of a value is not in DER form');
    length = 0;
    for (let index = 0; index < octets; index += 1) length = length * 256 + (bytes[start + 2 + index] ?? 0);
    if (length < 0x80 || length < 256 ** (octets - 1)) throw new DerError('the length of a value is not in DER form');
    header += octets;
  }
  const end = start + header + length;
  if (end > bytes.length) throw new DerError('the bytes end inside a value');
  return { tag, content: bytes.subarray(start + header, end), bytes: bytes.subarray(start, end) };
}

/** The values inside a constructed one. */
export function children(value: DerValue): DerValue[] {
  const found: DerValue[] = [];
  for (let offset = 0; offset < value.content.length;) {
    const child = readAt(value.content, offset);
    found.push(child);
    offset += child.bytes.length;
  }
  return found;
}

/** The value itself if it has the tag; throws DerError otherwise, also when there is none. `what` names it for a person. */
export function expectTag(value: DerValue | undefined, tag: number, what: string): DerValue {
  if (value?.tag === tag) return value;
  const found = value === undefined ? 'nothing' : `tag 0x${value.tag.toString(16)}`;
  throw new DerError(`${what} is not there: expected tag 0x${tag.toString(16)}, found ${found}`);
}

/** The values inside a SEQUENCE. */
export function sequenceOf(value: DerValue | undefined, what: string): DerValue[] {
  return children(expectTag(value, Tag.sequence, what));
}

export function readOid(value: DerValue | undefined, what: string): string {
  const { content } = expectTag(value, Tag.oid, what);
  const arcs: bigint[] = [];
  let arc = 0n;
  let inside = false;
  for (const octet of content) {
    if (!inside && octet === 0x80) throw new DerError(`${what} is not in DER form`);
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    inside = octet >= 0x80;
    if (inside) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [head, ...rest] = arcs;
  if (head === undefined || inside) throw new DerError(`${what} is cut short`);
  const top = head < 80n ? head / 40n : 2n;
  return [top, head - top * 40n, ...rest].join('.');
}

export function readBoolean(value: DerValue | undefined, what: string): boolean {
  const { content } = expectTag(value, Tag.boolean, what);
  if (content.length !== 1) throw new DerError(`${what} is not in DER form`);
  return content[0] !== 0;
}

/** A small integer that is zero or more. */
export function readCount(value: DerValue | undefined, what: string): number {
  const { content } = expectTag(value, Tag.integer, what);
  const first = content[0];
  if (first === undefined || first >= 0x80 || content.length > 4) throw new DerError(`${what} is out of range`);
  return content.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The octets of a BIT STRING that holds whole octets, or flags (unused trailing bits are dropped to zero). */
export function readBitString(value: DerValue | undefined, what: string): Uint8Array {
  const { content } = expectTag(value, Tag.bitString, what);
  const unused = content[0];
  if (unused === undefined || unused > 7 || (unused > 0 && content.length === 1))
    throw new DerError(`${what} is not in DER form`);
  return content.subarray(1);
}

const UTC_TIME = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;

/** A UTCTime or GeneralizedTime in the forms that certificates use, as milliseconds since the epoch. */
export function readTime(value: DerValue | undefined, what: string): number {
  const text = value === undefined ? '' : Buffer.from(value.content).toString('latin1');
  const short = value?.tag === Tag.utcTime;
  if (!short) expectTag(value, Tag.generalizedTime, what);
  const parts = (short ? UTC_TIME : GENERALIZED_TIME).exec(text)?.slice(1).map(Number);
  const [year, month, day, hour, minute, second] = parts ?? [];
  if (year === undefined || month === undefined) throw new DerError(`${what} is not a time: ${JSON.stringify(text)}`);
  const date = new Date(0);
  date.setUTCFullYear(short ? (year < 50 ? 2000 + year : 1900 + year) : year, month - 1, day);
  date.setUTCHours(hour ?? 0, minute, second);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    throw new DerError(`${what} is not a time: ${text}`);
  return date.getTime();
}
