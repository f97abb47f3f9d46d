import { AmqpMap, Described, type AmqpValue } from './amqp-value';
import { CordaBlobError } from './errors';
import type { BlobLimits } from './limits';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the fixed-width and empty encodings, by type code. */
const scalars: Partial<Record<number, { width: number; read: (bytes: Buffer, at: number) => AmqpValue }>> = {
  0x40: { width: 0, read: () => null },
  0x41: { width: 0, read: () => true },
  0x42: { width: 0, read: () => false },
  0x43: { width: 0, read: () => 0 },
  0x44: { width: 0, read: () => 0n },
  0x50: { width: 1, read: (bytes, at) => bytes.readUInt8(at) },
  0x51: { width: 1, read: (bytes, at) => bytes.readInt8(at) },
  0x52: { width: 1, read: (bytes, at) => bytes.readUInt8(at) },
  0x53: { width: 1, read: (bytes, at) => BigInt(bytes.readUInt8(at)) },
  0x54: { width: 1, read: (bytes, at) => bytes.readInt8(at) },
  0x55: { width: 1, read: (bytes, at) => BigInt(bytes.readInt8(at)) },
  0x56: { width: 1, read: (bytes, at) => booleanAt(bytes, at) },
  0x60: { width: 2, read: (bytes, at) => bytes.readUInt16BE(at) },
  0x61: { width: 2, read: (bytes, at) => bytes.readInt16BE(at) },
  0x70: { width: 4, read: (bytes, at) => bytes.readUInt32BE(at) },
  0x71: { width: 4, read: (bytes, at) => bytes.readInt32BE(at) },
  0x72: { width: 4, read: (bytes, at) => bytes.readFloatBE(at) },
  0x73: { width: 4, read: (bytes, at) => characterAt(bytes, at) },
  0x80: { width: 8, read: (bytes, at) => bytes.readBigUInt64BE(at) },
  0x81: { width: 8, read: (bytes, at) => bytes.readBigInt64BE(at) },
  0x82: { width: 8, read: (bytes, at) => bytes.readDoubleBE(at) },
  0x83: { width: 8, read: (bytes, at) => bytes.readBigInt64BE(at) },
  0x98: { width: 16, read: (bytes, at) => uuidAt(bytes, at) },
};

/**
 * Reads one AMQP value that fills `bytes` wholly. A timestamp gives a bigint (milliseconds since the epoch).
 * @throws CordaBlobError CORDA_BLOB_AMQP, or CORDA_BLOB_TOO_LARGE when `limits` are passed
 */
export function readAmqpValue(bytes: Buffer, limits: BlobLimits): AmqpValue {
  const reader = new AmqpReader(bytes, limits);
  const value = reader.value(0);
  reader.expectEnd(bytes.length, 'the value');
  return value;
}

class AmqpReader {
  private position = 0;
  private values = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly limits: BlobLimits,
  ) {}

  value(depth: number): AmqpValue {
    if (depth > this.limits.maxDepth) throw tooLarge(`values are nested more than ${this.limits.maxDepth} deep`);
    const code = this.unsigned(1);
    if (code !== 0) return this.body(code, depth);
    const descriptor = this.value(depth + 1);
    if (typeof descriptor !== 'string' && typeof descriptor !== 'bigint') {
      throw this.malformed('a descriptor is neither a symbol nor an unsigned long');
    }
    return new Described(descriptor, this.value(depth + 1));
  }

  expectEnd(end: number, what: string): void {
    if (this.position !== end) throw this.malformed(`${what} should end at byte ${end}`);
  }

  private body(code: number, depth: number): AmqpValue {
    this.values += 1;
    if (this.values > this.limits.maxValues) throw tooLarge(`it holds more than ${this.limits.maxValues} values`);
    const scalar = scalars[code];
    if (scalar !== undefined) {
      const at = this.position;
      this.advance(scalar.width);
      return scalar.read(this.bytes, at);
    }
    switch (code) {
      case 0xa0:
      case 0xb0:
        return this.variable(code);
      case 0xa1:
      case 0xb1:
        return this.text(this.variable(code));
      case 0xa3:
      case 0xb3:
        return this.variable(code).toString('latin1');
      case 0x45:
        return [];
      case 0xc0:
      case 0xd0:
        return this.list(code, depth);
      case 0xc1:
      case 0xd1:
        return this.map(code, depth);
      case 0xe0:
      case 0xf0:
        return this.array(code, depth);
      default:
        throw this.malformed(`type code 0x${code.toString(16)} is not known`);
    }
  }

  private list(code: number, depth: number): AmqpValue[] {
    const { count, end } = this.compound(code);
    const items: AmqpValue[] = [];
    while (items.length < count) items.push(this.value(depth + 1));
    this.expectEnd(end, 'a list');
    return items;
  }

  private map(code: number, depth: number): AmqpMap {
    const { count, end } = this.compound(code);
    if (count % 2 !== 0) throw this.malformed('a map has a key without a value');
    const entries: [AmqpValue, AmqpValue][] = [];
    while (entries.length < count / 2) entries.push([this.value(depth + 1), this.value(depth + 1)]);
    this.expectEnd(end, 'a map');
    return new AmqpMap(entries);
  }

  private array(code: number, depth: number): AmqpValue[] {
    const { count, end } = this.compound(code);
    const element = this.unsigned(1);
    if (element === 0) throw this.malformed('arrays of described values are not supported');
    if (depth >= this.limits.maxDepth) throw tooLarge(`values are nested more than ${this.limits.maxDepth} deep`);
    const items: AmqpValue[] = [];
    while (items.length < count) items.push(this.body(element, depth + 1));
    this.expectEnd(end, 'an array');
    return items;
  }

  /** Size and count of a list, map or array: one byte each for codes 0xC. and 0xE., four for 0xD. and 0xF. */
  private compound(code: number): { count: number; end: number } {
    const width = (code & 0x10) === 0 ? 1 : 4;
    const size = this.unsigned(width);
    const end = this.position + size;
    if (end > this.bytes.length) throw this.malformed('a list, map or array is cut off');
    return { count: this.unsigned(width), end };
  }

  private variable(code: number): Buffer {
    const length = this.unsigned((code & 0x10) === 0 ? 1 : 4);
    const start = this.position;
    this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  private text(bytes: Buffer): string {
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw this.malformed('a string is not UTF-8', cause);
    }
  }

  private unsigned(width: 1 | 4): number {
    const at = this.position;
    this.advance(width);
    return this.bytes.readUIntBE(at, width);
  }

  private advance(width: number): void {
    if (this.bytes.length - this.position < width) throw this.malformed('the bytes are cut off');
    this.position += width;
  }

  private malformed(reason: string, cause?: unknown): CordaBlobError {
    return malformedAt(this.position, reason, cause);
  }
}

function booleanAt(bytes: Buffer, at: number): boolean {
  const byte = bytes.readUInt8(at);
  if (byte > 1) throw malformedAt(at, 'a boolean is neither 0 nor 1');
  return byte === 1;
}

function characterAt(bytes: Buffer, at: number): string {
  const point = bytes.readUInt32BE(at);
  if (point > 0x10ffff) throw malformedAt(at, 'a character is beyond Unicode');
  return String.fromCodePoint(point);
}

function uuidAt(bytes: Buffer, at: number): string {
  return bytes.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function malformedAt(position: number, reason: string, cause?: unknown): CordaBlobError {
  return new CordaBlobError('CORDA_BLOB_AMQP', `The AMQP data is malformed at byte ${position}: ${reason}`, cause);
}

function tooLarge(reason: string): CordaBlobError {
  return new CordaBlobError('CORDA_BLOB_TOO_LARGE', `The blob is too large: ${reason}`);
}
