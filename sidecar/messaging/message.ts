import type { Party } from './party';

/** What an application sends. */
export interface Message {
  /** One AMQP Data section; a text is sent as UTF-8. */
  readonly body: Uint8Array | string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** What the message is about: receivers may ask for one topic alone. */
  readonly topic?: string;
  /** What kind of message it is: the subject in AMQP, and what a Swaptacular network calls type. */
  readonly type?: string;
  /**
   * What the order of messages is kept for where several queues lead to the recipient, such as one account: all messages
   * of one key go the same way. Without a key the broker takes the queues in turn.
   */
  readonly orderingKey?: string;
  /** Names start with none of `netmap_`, `_AMQ_`, `JMS` and `x-opt-`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of two messages with one ID to one recipient the second is dropped. Made anew for each message unless given. */
  readonly duplicateId?: string;
  /** Whoever has not taken it so long after it was stored does not get it any more; from 1. No end unless given. */
  readonly timeToLiveMs?: number;
  readonly correlationId?: string;
}

export interface SendOptions {
  /** Ends the waiting. A message that is under way may arrive nevertheless. */
  readonly signal?: AbortSignal;
}

/** A message that the own broker has stored: it arrives, or ends in dead letters with a reason. */
export interface Sent {
  readonly id: string;
  readonly duplicateId: string;
  readonly to: Party;
}
