import type { Recipient } from '../directory';
import { HEADER, isFree } from '../headers';
import type { Message } from '../message';
import { MessagingError } from '../messaging-error';
import type { PropertyValue, WireMessage } from '../transport';
import { placeOf } from './place-of';

/** What the library itself says about a message. */
export interface Envelope {
  readonly id: string;
  readonly duplicateId: string;
  readonly createdAt: number;
  readonly correlationId?: string | undefined;
  readonly ttl?: number | undefined;
  /** Further application properties. */
  readonly marks?: Readonly<Record<string, PropertyValue>>;
}

/** Bytes of headers that the broker takes besides the largest body. */
const MOST_HEADERS = 200_000;
/** AMQP counts it in 32 bits. */
const LONGEST_LIFE_MS = 4_294_967_295;

/** As it goes to the broker. Throws MessagingError MESSAGE_INVALID or MESSAGE_TOO_LARGE. */
export function encode(message: Message, envelope: Envelope, maxMessageSize: number): WireMessage {
  const body = bytesOf(message.body);
  if (body.length > maxMessageSize) {
    const sizes = `a body of ${body.length} bytes; the network takes ${maxMessageSize}`;
    throw new MessagingError('MESSAGE_TOO_LARGE', sizes, { remedy: 'send it in parts' });
  }
  const { headers, topic, type, timeToLiveMs: ttl = envelope.ttl, contentType, contentEncoding } = message;
  checkLife(envelope.ttl);
  checkLife(ttl);
  const properties: Record<string, PropertyValue> = {};
  if (headers !== undefined) copyHeaders(headers, properties);
  if (topic !== undefined) properties[HEADER.topic] = text(topic, 'topic');
  if (envelope.marks !== undefined) Object.assign(properties, envelope.marks);
  properties[HEADER.duplicateId] = envelope.duplicateId;
  return {
    id: envelope.id,
    correlationId: message.correlationId ?? envelope.correlationId,
    subject: type === undefined ? undefined : text(type, 'type'),
    contentType,
    contentEncoding,
    ttl,
    createdAt: envelope.createdAt,
    properties,
    body,
  };
}

/** Where on the own broker the message is put: where its key belongs, or wherever the broker likes. */
export function addressFor(
  { orderingKey }: Message,
  { address, queues }: Pick<Recipient, 'address' | 'queues'>,
): string {
  if (orderingKey === undefined) return address;
  const key = text(orderingKey, 'ordering key');
  return queues?.[placeOf(key, queues.length)] ?? address;
}

/** The given one, checked; or `made`. */
export function duplicateIdOf({ duplicateId }: Message, made: string): string {
  return duplicateId === undefined ? made : text(duplicateId, 'duplicate ID');
}

function checkLife(ms: number | undefined): void {
  if (ms === undefined || (Number.isInteger(ms) && ms > 0 && ms <= LONGEST_LIFE_MS)) return;
  throw invalid(`a time to live of ${ms} ms`, `give whole milliseconds from 1 to ${LONGEST_LIFE_MS}`);
}

function bytesOf(body: unknown): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if (Buffer.isBuffer(body)) return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw invalid('a body that is neither bytes nor text', 'give a Uint8Array or a string');
}

function copyHeaders(headers: Readonly<Record<string, unknown>>, into: Record<string, PropertyValue>): void {
  let size = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!isFree(name))
      throw invalid(
        `the header ${JSON.stringify(name)}`,
        `names of netmap, Artemis and JMS are taken, the empty one as well; a topic has a field of its own`,
      );
    if (typeof value !== 'string') throw invalid(`the header ${JSON.stringify(name)} is no text`, 'give a string');
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
    into[name] = value;
  }
  if (size > MOST_HEADERS) {
    const sizes = `headers of ${size} bytes; ${MOST_HEADERS} may be sent`;
    throw new MessagingError('MESSAGE_TOO_LARGE', sizes, { remedy: 'put it into the body' });
  }
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= 1000) return value;
  throw invalid(`a ${what} that cannot be sent`, 'give a text of 1 to 1000 characters');
}

function invalid(what: string, remedy: string): MessagingError {
  return new MessagingError('MESSAGE_INVALID', `the message has ${what}`, { remedy });
}
