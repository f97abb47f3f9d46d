import type { ReceiveStreamsOptions, SentStream, StreamHandler, StreamOptions } from './large/stream';
import type { Message, SendOptions, Sent } from './message';
import type { MessagingState } from './messaging-state';
import type { Party } from './party';
import type { Content, Handler, ReceiveOptions, Receiving } from './received-message';

export interface RequestOptions extends SendOptions {
  /** Milliseconds until REQUEST_TIMEOUT; the request and its replies live no longer. 30,000 unless given. */
  readonly timeoutMs?: number;
}

export interface CloseOptions {
  /** How long what is under way is waited for, milliseconds; 10,000 unless given. */
  readonly timeoutMs?: number;
}

/**
 * Messages between this node and the others of its network. A lost connection to the own broker is made again for as long
 * as it takes: nothing that was sent is lost or doubled by it. Everything that rejects does so with MessagingError, or with the
 * signal's reason as its cause.
 */
export interface Messaging {
  readonly me: Party;
  readonly state: MessagingState;
  /**
   * Resolves when the own broker has stored it. Waits while the broker takes no more, and while too much of this
   * recipient's is not confirmed.
   * @throws MessagingError RECIPIENT_UNKNOWN, MESSAGE_INVALID, MESSAGE_TOO_LARGE, SEND_REFUSED, ABORTED, CLOSED
   */
  send(to: string, message: Message, options?: SendOptions): Promise<Sent>;
  /**
   * Resolves when messages are asked for.
   * @throws MessagingError RECIPIENT_UNKNOWN (`as`), RECEIVE_INVALID, RECEIVE_REFUSED, ABORTED, CLOSED
   */
  receive(handler: Handler, options?: ReceiveOptions): Promise<Receiving>;
  /**
   * Sends and resolves with the first reply, which is done with by that. From a service one advertiser answers: the reply's
   * sender is that party, with whom the conversation can go on.
   * @throws MessagingError REQUEST_TIMEOUT and as `send`
   */
  request(to: string, message: Message, options?: RequestOptions): Promise<Content>;
  /**
   * Sends what is too large for a message, in parts, and resolves when the own broker has stored all of them. No more is read
   * of the source than what is under way. Not for services: ask who answers first.
   * @throws MessagingError as `send`, and SOURCE_FAILED
   */
  sendStream(to: string, source: AsyncIterable<Uint8Array>, options?: StreamOptions): Promise<SentStream>;
  /**
   * As `receive`, for streams: each is put together in a folder, and handed over when all of it is here and its checksum is
   * right.
   * @throws MessagingError as `receive`, and SPOOL_UNUSABLE
   */
  receiveStreams(handler: StreamHandler, options: ReceiveStreamsOptions): Promise<Receiving>;
  /** Calls back at each change until the returned function is called. */
  onState(listener: (state: MessagingState) => void): () => void;
  /** Takes no more work, ends what is under way, gives up what is left after the time, and disconnects. Never rejects. */
  close(options?: CloseOptions): Promise<void>;
}
