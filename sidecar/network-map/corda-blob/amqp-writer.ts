/**
 * AMQP 1.0 values as bytes, in the very encodings that Corda's library chooses: the shortest for lengths, and for
 * integers one byte from -128 to 127 or else the full width. A value is a tree of parts, put together once at the end.
 */
export interface AmqpBytes {
  readonly length: number;
  readonly parts: readonly (Uint8Array | AmqpBytes)[];
}

export const amqpNull = leaf(0x40);
const emptyList = leaf(0x45);
const amqpTrue = leaf(0x41);
const amqpFalse = leaf(0x42);

/** Lists and maps with more bytes than this have a length of four bytes. */
const mostInShortCompound = 254;

export function amqpBoolean(value: boolean): AmqpBytes {
  return value ? amqpTrue : amqpFalse;
}

/** A signed integer of 32 bits. */
export function amqpInt(value: number): AmqpBytes {
  if (isOneByte(value)) return leaf(0x54, value & 0xff);
  const bytes = Buffer.alloc(5, 0x71);
  bytes.writeInt32BE(value, 1);
  return node(bytes);
}

/** A signed integer of 64 bits. */
export function amqpLong(value: bigint): AmqpBytes {
  if (isOneByte(value)) return leaf(0x55, Number(value) & 0xff);
  const bytes = Buffer.alloc(9, 0x81);
  bytes.writeBigInt64BE(value, 1);
  return node(bytes);
}

/** An unsigned integer of 32 bits. */
export function amqpUint(value: number): AmqpBytes {
  if (value === 0) return leaf(0x43);
  if (value <= 0xff) return leaf(0x52, value);
  const bytes = Buffer.alloc(5, 0x70);
  bytes.writeUInt32BE(value, 1);
  return node(bytes);
}

/** An unsigned integer of 64 bits, from 256. */
export function amqpDescriptor(value: bigint): AmqpBytes {
  const bytes = Buffer.alloc(9, 0x80);
  bytes.writeBigUInt64BE(value, 1);
  return node(bytes);
}

export function amqpString(text: string): AmqpBytes {
  return variable(0xa1, Buffer.from(text));
}

/** ASCII. */
export function amqpSymbol(text: string): AmqpBytes {
  return variable(0xa3, Buffer.from(text, 'latin1'));
}

export function amqpBinary(bytes: Uint8Array): AmqpBytes {
  return variable(0xa0, bytes);
}

export function amqpDescribed(descriptor: AmqpBytes, value: AmqpBytes): AmqpBytes {
  return node(Uint8Array.of(0), descriptor, value);
}

export function amqpList(items: readonly AmqpBytes[]): AmqpBytes {
  return items.length === 0 ? emptyList : compound(0xc0, items);
}

/** Keys and values by turns. */
export function amqpMap(items: readonly AmqpBytes[]): AmqpBytes {
  return compound(0xc1, items);
}

/** The bytes of a value, after others. */
export function amqpToBuffer(value: AmqpBytes, before: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(before.length + value.length);
  result.set(before);
  copy(value, result, before.length);
  return result;
}

function copy({ parts }: AmqpBytes, result: Buffer, from: number): number {
  let position = from;
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      result.set(part, position);
      position += part.length;
    } else {
      position = copy(part, result, position);
    }
  }
  return position;
}

function compound(code: number, items: readonly AmqpBytes[]): AmqpBytes {
  const size = items.reduce((sum, { length }) => sum + length, 0);
  if (size <= mostInShortCompound) return node(Uint8Array.of(code, size + 1, items.length), ...items);
  const head = Buffer.alloc(9, code | 0x10);
  head.writeUInt32BE(size + 4, 1);
  head.writeUInt32BE(items.length, 5);
  return { length: head.length + size, parts: [head, ...items] };
}

function variable(code: number, bytes: Uint8Array): AmqpBytes {
  if (bytes.length <= 0xff) return node(Uint8Array.of(code, bytes.length), bytes);
  const head = Buffer.alloc(5, code | 0x10);
  head.writeUInt32BE(bytes.length, 1);
  return node(head, bytes);
}

function isOneByte(value: number | bigint): boolean {
  return value >= -128 && value <= 127;
}

function leaf(...bytes: number[]): AmqpBytes {
  return node(Uint8Array.from(bytes));
}

function node(...parts: (Uint8Array | AmqpBytes)[]): AmqpBytes {
  return { length: parts.reduce((sum, { length }) => sum + length, 0), parts };
}
