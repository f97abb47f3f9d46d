/** What the library needs of a broker: one implementation speaks AMQP, the other is made of memory. */

import type { Settlement } from '../broker/amqp/settle';

export type { Settlement };
export type PropertyValue = string | number | boolean;

/** A message between client and broker, in AMQP's terms. */
export interface WireMessage {
  readonly id: string | undefined;
  readonly correlationId: string | undefined;
  /** What kind of message it is; STOMP's `type`. The library itself uses topics. */
  readonly subject?: string | undefined;
  /** The address that a reply goes to; requests between nodes need none. */
  readonly replyTo?: string | undefined;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** Milliseconds. */
  readonly ttl: number | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number | undefined;
  readonly properties: Readonly<Record<string, PropertyValue>>;
  readonly body: Buffer;
}

/** A message as the broker hands it out. */
export interface WireDelivery extends WireMessage {
  /** The address that it came in by, by the broker's word. */
  readonly to: string;
  /** Who sent it, by the broker's word where it came by STOMP; over AMQP the sender may write anything. */
  readonly user?: string | undefined;
  /** Deliveries before this one that failed. */
  readonly deliveryCount: number;
  /** When the broker took it, milliseconds since the epoch. */
  readonly ingressTime: number | undefined;
}

/** `stored`, or why not; `again`: the broker gave it back for another try. */
export type SendOutcome = 'stored' | 'again' | Error;

export interface SenderLink {
  /** Whether the broker takes one more now. */
  sendable(): boolean;
  /** `done` is called once, unless the link or the connection ends before. */
  send(message: WireMessage, done: (outcome: SendOutcome) => void): void;
  close(): void;
}

export interface SenderEvents {
  /** The broker may take messages again. */
  onSendable(): void;
  /** The broker has ended the link; nothing more is called. */
  onEnd(reason: Error): void;
}

/** Which messages of a queue a receiver is given. */
export interface Selection {
  /** Replies for this application alone; undefined: all but replies. */
  readonly replyFor: string | undefined;
  readonly topic: string | undefined;
  /** Id of the sender whose messages they are alone, by the address that they came in by. */
  readonly from?: string | undefined;
  /** Of large messages the announcements, or the parts of one; undefined: nothing of large messages. */
  readonly stream?: 'announced' | StreamParts | undefined;
}

export interface StreamParts {
  readonly id: string;
  /** The address that they come in by: nobody but their sender can put any there. */
  readonly address: string;
}

export interface ReceiverLink {
  /** Asks for so many more. */
  addCredit(count: number): void;
  close(): void;
}

export interface ReceiverEvents {
  /** To be settled once, while the link is there. */
  onMessage(message: WireDelivery, settle: (how: Settlement) => void): void;
  /** The broker has ended the link; nothing more is called. */
  onEnd(reason: Error): void;
}

/** One connection to the own broker. It is not made again when it is lost. */
export interface BrokerConnection {
  /** Resolves when the broker has taken the link. Rejects with AccessError ACCESS_REFUSED where it does not. */
  openSender(address: string, events: SenderEvents): Promise<SenderLink>;
  /** As `openSender`; nothing is delivered before credit is given. */
  openReceiver(queueOf: string, selection: Selection, events: ReceiverEvents): Promise<ReceiverLink>;
  /** Ends it in good order, whatever the other side does. Never rejects. */
  close(): Promise<void>;
}

/** Opens a connection; `onLost` is called once when it ends unasked. Its links call nothing after that. */
export type Opening<Connection> = (onLost: (reason: Error) => void) => Promise<Connection>;
export type OpenConnection = Opening<BrokerConnection>;
