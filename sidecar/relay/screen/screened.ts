import { sha256Hex } from '../../lib/digest';
import { DEAD } from '../../messaging/dead-letter';
import { HEADER } from '../../messaging/headers';
import type { WireDelivery, WireMessage } from '../../messaging/transport';
import { STOMP_CONTENT_TYPE } from '../amqp-inbox';
import type { Received } from './check-received';

const RECEIPT = 'receipt';
/** As the reference implementation has it: headers of a frame, and their bytes. */
const MOST_HEADERS = { count: 50, bytes: 4096 };

/** The parts of a delivery that a check looks at. */
export function receivedOf({ subject, contentType, properties, body }: WireDelivery): Received {
  const found = properties[STOMP_CONTENT_TYPE];
  return { type: subject, contentType: found === undefined ? contentType : String(found), body };
}

/** What is wrong with the frame that a message came in; undefined where nothing is. */
export function frameFault({ properties }: WireDelivery): string | undefined {
  if (properties[RECEIPT] === undefined) return 'SEND command without a receipt header.';
  const headers = Object.entries(properties);
  const bytes = headers.reduce((sum, [name, value]) => sum + Buffer.byteLength(`${name}:${value}\n`), 0);
  return headers.length > MOST_HEADERS.count || bytes > MOST_HEADERS.bytes ? 'The frame header is too big.' : undefined;
}

/**
 * The same for a message that comes a second time because its first carriage was cut off, and for no other: STOMP knows no
 * id, but who sent what, with which receipt, in which millisecond.
 */
export function duplicateIdOf({ user, createdAt, subject, properties, body }: WireDelivery): string {
  const parts = [user, createdAt, subject, properties[RECEIPT]].map((part) => String(part));
  return sha256Hex(Buffer.concat([Buffer.from(`${JSON.stringify(parts)} `), body]));
}

/** As applications get it, with the IDs that they know. */
export function passedOn(
  wire: WireDelivery,
  headers: Readonly<Record<string, string>>,
  body: Buffer = wire.body,
): WireMessage {
  const id = duplicateIdOf(wire);
  return {
    id,
    correlationId: undefined,
    subject: wire.subject,
    contentType: receivedOf(wire).contentType,
    contentEncoding: undefined,
    ttl: undefined,
    createdAt: wire.createdAt,
    properties: { ...headers, [HEADER.duplicateId]: id },
    body,
  };
}

export interface Refusal {
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The true sender's id, and the own node's. */
  readonly sender: string;
  readonly recipient: string;
  /** The ingress address that it would have come in by. */
  readonly origin: string;
}

/** As the dead letters get it. */
export function deadLetterOf(wire: WireDelivery, { reason, at, sender, recipient, origin }: Refusal): WireMessage {
  const passed = passedOn(wire, {});
  const kept = Object.entries(wire.properties).filter(([name]) => !/^(?:_AMQ_|netmap_)/.test(name));
  const duplicateId = passed.properties[HEADER.duplicateId] ?? '';
  return {
    ...passed,
    properties: {
      ...Object.fromEntries(kept),
      [HEADER.duplicateId]: `dead ${duplicateId}`,
      [DEAD.cause]: 'rejected',
      [DEAD.reason]: reason,
      [DEAD.at]: at,
      [DEAD.attempts]: wire.deliveryCount + 1,
      [DEAD.sender]: sender,
      [DEAD.recipient]: recipient,
      [DEAD.origin]: origin,
      [DEAD.duplicateId]: duplicateId,
    },
  };
}
