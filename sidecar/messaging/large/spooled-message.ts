import type { Incoming } from '../client/incoming';
import type { Message, SendOptions, Sent } from '../message';
import { MessagingError } from '../messaging-error';
import type { Party, Sender } from '../party';
import type { SpooledStream } from './spooled-stream';
import type { ReceivedStream } from './stream';
import type { StreamEnd } from './stream-headers';

/** A stream that is here in whole, as its handler sees it. */
export class SpooledMessage implements ReceivedStream {
  isSettled = false;
  readonly id: string | undefined;
  readonly sender: Sender;
  readonly recipient: Party;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly topic: string | undefined;
  readonly type: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly correlationId: string | undefined;
  readonly timeToLiveMs: number | undefined;
  readonly sentAt: number | undefined;
  readonly arrivedAt: number | undefined;
  readonly attempt: number;
  readonly length: number;
  readonly sha256: string;
  readonly parts: number;

  constructor(
    private readonly announcement: Incoming,
    private readonly spooled: SpooledStream,
    { length, sha256, parts }: StreamEnd,
    readonly duplicateId: string,
  ) {
    this.id = announcement.id;
    this.sender = announcement.sender;
    this.recipient = announcement.recipient;
    this.contentType = announcement.contentType;
    this.contentEncoding = announcement.contentEncoding;
    this.topic = announcement.topic;
    this.type = announcement.type;
    this.headers = announcement.headers;
    this.correlationId = announcement.correlationId;
    this.timeToLiveMs = announcement.timeToLiveMs;
    this.sentAt = announcement.sentAt;
    this.arrivedAt = announcement.arrivedAt;
    this.attempt = announcement.attempt;
    this.length = length;
    this.sha256 = sha256;
    this.parts = parts;
  }

  stream(): AsyncIterable<Buffer> {
    return this.spooled.read();
  }

  async acknowledge(): Promise<void> {
    this.take();
    await this.spooled.settle({ how: 'done' });
    // Where the connection is lost the announcement comes again, and is known to be done with.
    comesAgainOtherwise(() => this.announcement.acknowledge());
  }

  async retryLater(): Promise<void> {
    this.take();
    this.announcement.retryLater();
  }

  async reject(reason: string): Promise<void> {
    this.take();
    await this.announcement.reject(reason);
  }

  reply(message: Message, options?: SendOptions): Promise<Sent> {
    return this.announcement.reply(message, options);
  }

  private take(): void {
    if (this.isSettled) {
      throw new MessagingError('MESSAGE_SETTLED', 'the stream was acknowledged, given back or rejected before', {
        remedy: 'settle each stream once, before its handler returns',
      });
    }
    this.isSettled = true;
  }
}

/** Where the connection is lost the broker delivers the message again without being asked. */
export function comesAgainOtherwise(settle: () => void): void {
  try {
    settle();
  } catch (error) {
    if ((error as { code?: string }).code !== 'MESSAGE_COMES_AGAIN') throw error;
  }
}
