import { DEAD, type DeadLetterCause } from '../dead-letter';
import { HEADER, isFree } from '../headers';
import type { Message, SendOptions, Sent } from '../message';
import { MessagingError } from '../messaging-error';
import type { Party, Sender } from '../party';
import type { ReceivedMessage } from '../received-message';
import type { PropertyValue, Settlement, WireDelivery, WireMessage } from '../transport';

/** What a message that came in can have done by the client that it came to. */
export interface IncomingContext {
  reply(to: Incoming, message: Message, count: number, options?: SendOptions): Promise<Sent>;
  /** Resolves when the dead letters have it. */
  bury(copy: WireMessage): Promise<void>;
  now(): number;
  newId(): string;
}

export class Incoming implements ReceivedMessage {
  readonly id: string | undefined;
  readonly body: Buffer;
  readonly attempt: number;
  isSettled = false;
  private replies = 0;

  constructor(
    readonly wire: WireDelivery,
    readonly recipient: Party,
    readonly sender: Sender,
    private readonly context: IncomingContext,
    /** Answers false when the connection is gone. */
    private readonly settleAtBroker: (how: Settlement) => boolean,
  ) {
    this.id = wire.id;
    this.body = wire.body;
    this.attempt = wire.deliveryCount + 1;
  }

  get contentType(): string | undefined {
    return this.wire.contentType;
  }
  get contentEncoding(): string | undefined {
    return this.wire.contentEncoding;
  }
  get correlationId(): string | undefined {
    return this.wire.correlationId;
  }
  get timeToLiveMs(): number | undefined {
    return this.wire.ttl;
  }
  get sentAt(): number | undefined {
    return this.wire.createdAt;
  }
  get arrivedAt(): number | undefined {
    return this.wire.ingressTime;
  }
  get topic(): string | undefined {
    return textOf(this.wire.properties[HEADER.topic]);
  }
  get type(): string | undefined {
    return this.wire.subject;
  }
  get duplicateId(): string | undefined {
    return textOf(this.wire.properties[HEADER.duplicateId]);
  }
  get replyTo(): string | undefined {
    return textOf(this.wire.properties[HEADER.replyTo]);
  }
  get isRequest(): boolean {
    return this.replyTo !== undefined;
  }
  get headers(): Readonly<Record<string, string>> {
    const free = Object.entries(this.wire.properties).filter(([name]) => isFree(name));
    return Object.fromEntries(free.map(([name, value]) => [name, String(value)]));
  }

  acknowledge(): void {
    this.take();
    this.atBroker('accepted');
  }

  retryLater(): void {
    this.take();
    this.atBroker('failed');
  }

  async reject(reason: string): Promise<void> {
    await this.rejectBecause('rejected', reason);
  }

  /** As `reject`, with another cause. */
  async rejectBecause(cause: DeadLetterCause, reason: string): Promise<void> {
    this.take();
    await this.bury(cause, reason);
    this.atBroker('accepted');
  }

  /** Puts a copy into the dead letters; the message itself stays unsettled. */
  bury(cause: DeadLetterCause, reason: string): Promise<void> {
    return this.context.bury(this.deadLetter(cause, reason));
  }

  /** Gives it back as if it had never come: this is no attempt. */
  release(): void {
    this.take();
    this.atBroker('released');
  }

  async reply(message: Message, options?: SendOptions): Promise<Sent> {
    this.replies += 1;
    return this.context.reply(this, message, this.replies, options);
  }

  private take(): void {
    if (this.isSettled) {
      throw new MessagingError('MESSAGE_SETTLED', 'the message was acknowledged, given back or rejected before', {
        remedy: 'settle each message once, before its handler returns',
      });
    }
    this.isSettled = true;
  }

  private atBroker(how: Settlement): void {
    if (this.settleAtBroker(how)) return;
    throw new MessagingError('MESSAGE_COMES_AGAIN', 'the connection that the message came by is lost', {
      remedy: 'nothing is to be done: the broker delivers the message again',
      decision: 'retry',
    });
  }

  /**
   * What came in, whole, and why it was not taken. The time of arrival belongs to the duplicate ID: a second copy because of
   * a crash is dropped, that of a message that was replayed and fails again is not.
   */
  private deadLetter(cause: DeadLetterCause, reason: string): WireMessage {
    const { wire, duplicateId } = this;
    const known = duplicateId ?? wire.id;
    const mark = known === undefined ? this.context.newId() : `${wire.to} ${known} ${wire.ingressTime ?? 0}`;
    return {
      id: wire.id,
      correlationId: wire.correlationId,
      subject: wire.subject,
      contentType: wire.contentType,
      contentEncoding: wire.contentEncoding,
      ttl: undefined,
      createdAt: wire.createdAt,
      body: wire.body,
      properties: {
        ...withoutClaims(wire.properties),
        [HEADER.duplicateId]: `dead ${mark}`,
        [DEAD.cause]: cause,
        [DEAD.reason]: reason,
        [DEAD.at]: this.context.now(),
        [DEAD.attempts]: this.attempt,
        [DEAD.sender]: this.sender.id,
        [DEAD.recipient]: this.recipient.id,
        [DEAD.origin]: wire.to,
        ...(duplicateId === undefined ? {} : { [DEAD.duplicateId]: duplicateId }),
      },
    };
  }
}

function textOf(value: PropertyValue | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** A sender must not have his dead letters selected as another's. */
function withoutClaims(properties: WireMessage['properties']): WireMessage['properties'] {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !/^(?:_AMQ_|netmap_dead_)/.test(name)));
}
