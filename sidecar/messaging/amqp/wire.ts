import { message as codec } from 'rhea';
import type { Message } from 'rhea-promise';
import type { PropertyValue, WireDelivery, WireMessage } from '../transport';

/** For rhea: durable, its body one Data section. */
export function toAmqp(message: WireMessage): Message {
  const { id, correlationId, subject, replyTo, contentType, contentEncoding, ttl, createdAt, properties, body } =
    message;
  const amqp: Message = {
    durable: true,
    application_properties: properties,
    body: codec.data_section(body) as unknown,
  };
  // Fields that are there and undefined cost bytes on the wire.
  if (id !== undefined) amqp.message_id = id;
  if (correlationId !== undefined) amqp.correlation_id = correlationId;
  if (subject !== undefined) amqp.subject = subject;
  if (replyTo !== undefined) amqp.reply_to = replyTo;
  if (contentType !== undefined) amqp.content_type = contentType;
  if (contentEncoding !== undefined) amqp.content_encoding = contentEncoding;
  if (ttl !== undefined) amqp.ttl = ttl;
  if (createdAt !== undefined) amqp.creation_time = new Date(createdAt);
  return amqp;
}

const INGRESS_TIME = 'x-opt-ingress-time';

/** From rhea, whoever wrote it. */
export function fromAmqp(message: Message): WireDelivery {
  return {
    id: asText(message.message_id),
    correlationId: asText(message.correlation_id),
    subject: message.subject,
    user: Buffer.isBuffer(message.user_id) ? message.user_id.toString() : message.user_id,
    replyTo: message.reply_to,
    contentType: message.content_type,
    contentEncoding: message.content_encoding,
    ttl: message.ttl,
    createdAt: asTime(message.creation_time),
    properties: propertiesOf(message.application_properties),
    body: bodyOf(message.body),
    to: message.to ?? '',
    deliveryCount: message.delivery_count ?? 0,
    ingressTime: asTime(message.message_annotations?.[INGRESS_TIME]),
  };
}

/** Data as it is, sections one after the other; a text as UTF-8; anything else as JSON. */
function bodyOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  const { content } = body as { content?: unknown };
  if (Buffer.isBuffer(content)) return content;
  if (Array.isArray(content) && content.every((part) => Buffer.isBuffer(part))) return Buffer.concat(content);
  return Buffer.from(JSON.stringify(content ?? body, plainly));
}

function propertiesOf(properties: Record<string, unknown> | undefined): Record<string, PropertyValue> {
  if (properties === undefined) return {};
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      properties[name] = Buffer.isBuffer(value) ? value.toString('hex') : asText(value);
  }
  return properties as Record<string, PropertyValue>;
}

/** Ids may be numbers and UUIDs, too. */
function asText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return typeof value === 'number' ? String(value) : JSON.stringify(value, plainly);
}

function plainly(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function asTime(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'number' ? value : undefined;
}
