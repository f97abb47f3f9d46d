import { HEADER } from '../headers';
import type { WireDelivery, WireMessage } from '../transport';

/** A message in a broker made of memory. */
export interface StoredMessage {
  readonly wire: WireMessage;
  /** The address that it came in by. */
  readonly address: string;
  readonly storedAt: number;
  /** Its place among the messages of a queue. */
  readonly place: number;
  /** Deliveries that failed. */
  failures: number;
}

/** As a client gets it. */
export function delivered({ wire, address, storedAt, failures }: StoredMessage): WireDelivery {
  return { ...wire, to: address, deliveryCount: failures, ingressTime: storedAt };
}

/** As a person would call it. */
export function describe({ id, properties, body }: WireMessage): { id: string; what: string; bytes: number } {
  const topic = properties[HEADER.topic];
  const kind =
    properties[HEADER.replyFor] !== undefined
      ? 'reply'
      : properties[HEADER.replyTo] !== undefined
        ? 'request'
        : 'message';
  return { id: id ?? '', what: topic === undefined ? kind : `${kind} ${String(topic)}`, bytes: body.length };
}
