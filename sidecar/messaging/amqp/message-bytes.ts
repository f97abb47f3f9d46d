import { message as codec } from 'rhea';
import type { WireMessage } from '../transport';
import { toAmqp } from './wire';

/** AMQP 1.0, part 1 (types) and part 3 (sections), as bytes. */
const DESCRIBED = 0x00;
const SMALL_ULONG = 0x53;
const SECTION = { header: 0x70, properties: 0x73, applicationProperties: 0x74, data: 0x75 } as const;
const LIST32 = 0xd0;
const MAP32 = 0xd1;
const BINARY32 = 0xb0;
const STRING = { short: 0xa1, long: 0xb1 } as const;
const SYMBOL = { short: 0xa3, long: 0xb3 } as const;
const TRUE = 0x41;
const FALSE = 0x42;
const NULL = 0x40;
const UINT = 0x70;
const TIMESTAMP = 0x83;

/** All but the body is put together here; messages are encoded one after the other. */
const head = Buffer.allocUnsafeSlow(16_384);
/** Where the next byte goes. */
let end = 0;
/** Bytes that the sections have besides texts, more than enough. */
const FRAMES = 256;
const ENTRY = 10;
/** The longest text whose bytes are counted in one byte, whatever its characters. */
const SHORT = 85;

/**
 * A message as it goes over the wire: durable, its body one Data section. rhea's own encoder takes as long for it as the
 * rest of sending does; what is rare, numbers among the properties, is left to it.
 */
export function messageBytes(message: WireMessage): Buffer {
  if (!isCommon(message)) return codec.encode(toAmqp(message));
  end = 0;
  putHeader(message.ttl);
  putProperties(message);
  putApplicationProperties(message.properties);
  putSection(SECTION.data);
  head[end++] = BINARY32;
  end = head.writeUInt32BE(message.body.length, end);
  const bytes = Buffer.allocUnsafe(end + message.body.length);
  head.copy(bytes, 0, 0, end);
  message.body.copy(bytes, end);
  return bytes;
}

function isCommon(message: WireMessage): boolean {
  const { id, correlationId, subject, replyTo, contentType, contentEncoding, properties } = message;
  let length = FRAMES + lengthOf(id) + lengthOf(correlationId) + lengthOf(subject) + lengthOf(replyTo);
  length += lengthOf(contentType) + lengthOf(contentEncoding);
  for (const name in properties) {
    const value = properties[name];
    if (typeof value === 'number') return false;
    length += ENTRY + 3 * name.length + (typeof value === 'string' ? lengthOf(value) : 0);
  }
  return length <= head.length;
}

function lengthOf(text: string | undefined): number {
  return text === undefined ? 0 : 3 * text.length;
}

function putSection(code: number): void {
  head[end++] = DESCRIBED;
  head[end++] = SMALL_ULONG;
  head[end++] = code;
}

/** Begins a list or map; returns where its size belongs. */
function open(code: number): number {
  head[end++] = code;
  const at = end;
  end += 8;
  return at;
}

function close(at: number, count: number): void {
  head.writeUInt32BE(end - at - 4, at);
  head.writeUInt32BE(count, at + 4);
}

function putHeader(ttl: number | undefined): void {
  putSection(SECTION.header);
  const at = open(LIST32);
  head[end++] = TRUE;
  if (ttl !== undefined) {
    head[end++] = NULL;
    head[end++] = UINT;
    end = head.writeUInt32BE(ttl, end);
  }
  close(at, ttl === undefined ? 1 : 3);
}

/** Fields in the standard's order; what follows the last that is said may be left out. */
function putProperties(message: WireMessage): void {
  const { id, correlationId, subject, replyTo, contentType, contentEncoding, createdAt } = message;
  putSection(SECTION.properties);
  const at = open(LIST32);
  putText(id, STRING);
  head[end++] = NULL;
  head[end++] = NULL;
  putText(subject, STRING);
  putText(replyTo, STRING);
  putText(correlationId, STRING);
  putText(contentType, SYMBOL);
  putText(contentEncoding, SYMBOL);
  if (createdAt !== undefined) {
    head[end++] = NULL;
    head[end++] = TIMESTAMP;
    end = head.writeInt32BE(Math.floor(createdAt / 2 ** 32), end);
    end = head.writeUInt32BE(((createdAt % 2 ** 32) + 2 ** 32) % 2 ** 32, end);
  }
  close(at, createdAt === undefined ? 8 : 10);
}

function putApplicationProperties(properties: WireMessage['properties']): void {
  putSection(SECTION.applicationProperties);
  const at = open(MAP32);
  let count = 0;
  for (const name in properties) {
    const value = properties[name];
    putText(name, STRING);
    if (typeof value === 'boolean') head[end++] = value ? TRUE : FALSE;
    else putText(value as string, STRING);
    count += 2;
  }
  close(at, count);
}

function putText(text: string | undefined, { short, long }: { readonly short: number; readonly long: number }): void {
  if (text === undefined) {
    head[end++] = NULL;
  } else if (text.length <= SHORT) {
    head[end] = short;
    const length = head.write(text, end + 2);
    head[end + 1] = length;
    end += length + 2;
  } else {
    head[end] = long;
    const length = head.write(text, end + 5);
    head.writeUInt32BE(length, end + 1);
    end += length + 5;
  }
}
