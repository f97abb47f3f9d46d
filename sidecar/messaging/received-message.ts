import type { Message, SendOptions, Sent } from './message';
import type { Party, Sender } from './party';

/** What came in. */
export interface Content {
  /** As the sender's library made it; undefined where a foreign client made none. */
  readonly id: string | undefined;
  readonly sender: Sender;
  /** The own identity or service that it was sent to. */
  readonly recipient: Party;
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly topic: string | undefined;
  /** What kind of message it is, in the sender's words. */
  readonly type: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly duplicateId: string | undefined;
  readonly correlationId: string | undefined;
  readonly timeToLiveMs: number | undefined;
  /** By the sender's clock, milliseconds since the epoch. */
  readonly sentAt: number | undefined;
  /** By the own broker's clock, milliseconds since the epoch. */
  readonly arrivedAt: number | undefined;
}

/**
 * A message that is to be settled once: acknowledged, given back or rejected. Each of the three throws MessagingError
 * MESSAGE_SETTLED the second time, and MESSAGE_COMES_AGAIN when the connection that it came by is lost.
 */
export interface ReceivedMessage extends Content {
  /** 1 the first time. */
  readonly attempt: number;
  /** Whether somebody waits for a reply. */
  readonly isRequest: boolean;
  /** It is done with, and does not come again. */
  acknowledge(): void;
  /** It comes again, after the wait that the broker's settings give; after the last attempt it goes to the dead letters. */
  retryLater(): void;
  /** It goes to the dead letters with this reason, and does not come again. Resolves when it is stored there. */
  reject(reason: string): Promise<void>;
  /**
   * Sends to the true sender, with this message's id as correlation ID. A message that comes again gets the same replies:
   * the nth one of each attempt has the same duplicate ID. Replies to a request live as long as the request, unless they say otherwise.
   */
  reply(message: Message, options?: SendOptions): Promise<Sent>;
}

/**
 * Gets one message. What it has not settled when it returns is acknowledged; when it throws the message comes again later,
 * or goes to the dead letters if it throws a Reject.
 */
export type Handler = (message: ReceivedMessage) => Promise<void> | void;

export interface ReceiveOptions {
  /** Messages of this topic alone. */
  readonly topic?: string;
  /** One of the own identities or services, by name or id; all unless given. */
  readonly as?: string;
  /** Messages of this sender alone, by name or id. */
  readonly from?: string;
  /** Messages at most that are here and not settled, for each own identity; from 1 to 2000, 100 unless given. */
  readonly window?: number;
  /** Messages that are handled at the same time; 1 unless given, which keeps their order. */
  readonly concurrency?: number;
  /** Stops as `stop` does. */
  readonly signal?: AbortSignal;
}

export interface Receiving {
  /** Takes no more messages, gives back those that were not handed over, and resolves when the handlers have ended. */
  stop(): Promise<void>;
}
