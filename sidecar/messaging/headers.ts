/**
 * Application properties that this library writes and reads, for the sake of clients in other languages as well:
 * docs/messaging.md describes them.
 */
export const HEADER = {
  /** Corda's name for what a message is about. */
  topic: 'platform-topic',
  /** Artemis drops the second of two messages with one such ID at one address. */
  duplicateId: '_AMQ_DUPL_ID',
  /** On a request: the application that asks. A reply carries it as `replyFor`. */
  replyTo: 'netmap_reply_to',
  /** On a reply: which application had asked; nobody else is given the reply. */
  replyFor: 'netmap_reply_for',
  /** On everything that belongs to a large message: which one. */
  stream: 'netmap_stream',
  /** On its parts: which one, from 0. What has a stream and no part announces it. */
  streamPart: 'netmap_stream_part',
} as const;

const RESERVED = /^(?:netmap_|_AMQ_|JMS|x-opt-)/i;

/** Whether applications may use the name for a header of their own. */
export function isFree(name: string): boolean {
  return name !== '' && name !== HEADER.topic && !RESERVED.test(name);
}
