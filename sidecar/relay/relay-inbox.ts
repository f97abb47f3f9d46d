import type { RelayMessage } from './relay-message';

/** A message that was handed out; to be settled once. After the link has ended settling does nothing. */
export interface RelayDelivery {
  readonly message: RelayMessage;
  /** The message leaves the queue for good. */
  accept(): void;
  /** The broker moves it to the dead letters. */
  reject(reason: string): void;
}

export interface RelayInboxEvents {
  onMessage(delivery: RelayDelivery): void;
  /** The link or its connection has ended unasked; nothing more is called, what was not settled is in the queue again. */
  onEnd(reason: Error): void;
}

/** An open link to the queue. */
export interface RelayInboxLink {
  /** Asks for so many more. */
  addCredit(count: number): void;
  /** Settled messages are off the queue afterwards, all others in it, in their old order. Never rejects. */
  close(): Promise<void>;
}

/** One queue of the node's own broker, in order. */
export interface RelayInbox {
  /** Nothing is delivered before credit is given. Rejects with AccessError. */
  open(events: RelayInboxEvents): Promise<RelayInboxLink>;
}
