import { contextTag, DerError, Tag } from './der';

/** One value: identifier octet and the bytes inside, put one after the other. */
export function der(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  const header = [tag];
  if (length < 0x80) {
    header.push(length);
  } else {
    const octets: number[] = [];
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
    header.push(0x80 | octets.length, ...octets);
  }
  return Buffer.concat([Uint8Array.from(header), ...contents]);
}

export const derSequence = (...contents: Uint8Array[]): Uint8Array => der(Tag.sequence, ...contents);

/** SET OF: its members in the order that DER asks for. */
export const derSet = (...contents: Uint8Array[]): Uint8Array =>
  der(Tag.set, ...[...contents].sort((a, b) => Buffer.compare(a, b)));

export const derExplicit = (number: number, content: Uint8Array): Uint8Array => der(contextTag(number, true), content);

export const derOctets = (content: Uint8Array): Uint8Array => der(Tag.octetString, content);

export const derBoolean = (value: boolean): Uint8Array => der(Tag.boolean, Uint8Array.of(value ? 0xff : 0));

export const derNull = (): Uint8Array => der(Tag.null);

/** A BIT STRING of whole octets. */
export const derBits = (content: Uint8Array): Uint8Array => der(Tag.bitString, Uint8Array.of(0), content);

/** A BIT STRING of flags, by the numbers of those that are set; trailing zeros left out, as DER asks. */
export function derFlags(set: readonly number[]): Uint8Array {
  const highest = Math.max(-1, ...set);
  const octets = new Uint8Array(Math.floor(highest / 8) + 1);
  for (const flag of set) octets[flag >> 3] = (octets[flag >> 3] ?? 0) | (0x80 >> (flag & 7));
  return der(Tag.bitString, Uint8Array.of(highest < 0 ? 0 : 7 - (highest % 8)), octets);
}

/** An INTEGER that is zero or more. */
export function derInteger(value: number | bigint): Uint8Array {
  const hex = BigInt(value).toString(16);
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return (octets[0] ?? 0) >= 0x80 ? der(Tag.integer, Uint8Array.of(0), octets) : der(Tag.integer, octets);
}

/** Whether the text is an object identifier in dotted decimal. */
export const isOid = (text: string): boolean => /^([01]\.(\d|[123]\d)|2\.(0|[1-9]\d*))(\.(0|[1-9]\d*))*$/.test(text);

/** Throws DerError if `oid` is not an object identifier. */
export function derOid(oid: string): Uint8Array {
  if (!isOid(oid)) throw new DerError(`${JSON.stringify(oid)} is not an object identifier`);
  const [top = 0n, second = 0n, ...rest] = oid.split('.').map(BigInt);
  return der(Tag.oid, Uint8Array.from([top * 40n + second, ...rest].flatMap(base128)));
}

function base128(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}

/** A time of a certificate (milliseconds since the epoch, fractions cut): UTCTime from 1950 to 2049, GeneralizedTime elsewhere. */
export function derTime(at: number): Uint8Array {
  const digits = new Date(at).toISOString().replace(/\.\d+|[-:T]/g, '');
  if (!/^\d{14}Z$/.test(digits)) throw new DerError('the year of a time must be from 0 to 9999');
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050
    ? der(Tag.utcTime, Buffer.from(digits.slice(2)))
    : der(Tag.generalizedTime, Buffer.from(digits));
}
