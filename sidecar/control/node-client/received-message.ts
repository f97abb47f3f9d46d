import type { Message } from 'rhea-promise';
import { cordaAddresses } from '../../plan/address-profile';

/** A message as it came in, with what the broker itself says of its sender. */
export interface ReceivedMessage {
  /** The address that it came in by; no sender can forge it. */
  readonly address: string;
  /** The id of the true sender; undefined where the address names none. */
  readonly senderId: string | undefined;
  /** When the broker took it, milliseconds since the epoch; undefined where it says nothing. */
  readonly at: number | undefined;
  readonly body: Buffer;
  /** Application properties as the sender set them. */
  readonly properties: Readonly<Record<string, unknown>>;
}

const INGRESS_TIME = 'x-opt-ingress-time';

export function receivedMessage(message: Message): ReceivedMessage {
  const address = message.to ?? '';
  return {
    address,
    senderId: cordaAddresses.senderOf(address),
    at: timeOf(message.message_annotations?.[INGRESS_TIME]),
    body: bodyOf(message.body),
    properties: message.application_properties ?? {},
  };
}

/** What AMQP calls data is taken as it is, a text as UTF-8, anything else as JSON. */
function bodyOf(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (Buffer.isBuffer(body)) return body;
  const { content } = body as { content?: unknown };
  if (Buffer.isBuffer(content)) return content;
  if (Array.isArray(content) && content.every((part) => Buffer.isBuffer(part))) return Buffer.concat(content);
  return Buffer.from(JSON.stringify(content ?? body));
}

function timeOf(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'number' ? value : undefined;
}
