import { createHash } from 'node:crypto';
import { messageOf } from '../../lib/errors';
import { cordaAddresses } from '../../plan/address-profile';
import type { Envelope } from '../client/encode';
import { aborted } from '../client/errors';
import { onAbort } from '../client/on-abort';
import type { Recipient } from '../directory';
import type { Message, SendOptions, Sent } from '../message';
import { MessagingError } from '../messaging-error';
import type { PropertyValue } from '../transport';
import { inParts } from './in-parts';
import { MOST_BYTES, type SentStream, type StreamOptions } from './stream';
import { LONGEST_ID, MOST_PARTS, STREAM } from './stream-headers';

/** What the library gives to the sending of a stream. */
export interface StreamSending {
  /** Throws as `send`. */
  find(to: string): Recipient | Promise<Recipient>;
  post(
    recipient: Recipient,
    message: Message,
    envelope: Omit<Envelope, 'createdAt'>,
    options: SendOptions,
  ): Promise<Sent>;
  newId(): string;
  maxMessageSize(): number;
  /** Aborted when nothing can be sent any more; its reason is why. */
  readonly over: AbortSignal;
}

const PART_BYTES = 262_144;
/** Bytes that are under way and not confirmed: what goes to the same recipient besides waits no longer than for these. */
const UNDER_WAY = 2_097_152;
const MOST_UNDER_WAY = 16;
const LIFE_MS = 86_400_000;

/** As `Messaging.sendStream`. */
export async function sendStream(
  sending: StreamSending,
  to: string,
  source: AsyncIterable<Uint8Array>,
  options: StreamOptions,
): Promise<SentStream> {
  const { signal, partBytes = Math.min(PART_BYTES, sending.maxMessageSize()), duplicateId } = options;
  check(partBytes, 'part size', sending.maxMessageSize());
  if (options.storedParts !== undefined) check(options.storedParts + 1, 'number of stored parts', MOST_PARTS);
  if (duplicateId?.length === 0 || (duplicateId?.length ?? 0) > LONGEST_ID)
    throw invalid('a duplicate ID that cannot be sent', `give a text of 1 to ${LONGEST_ID} characters`);
  if (signal?.aborted === true) throw aborted(signal);
  const recipient = await sending.find(to);
  if (recipient.address === cordaAddresses.serviceQueue(recipient.id)) {
    throw invalid(
      `the service ${recipient.name} as its recipient: its parts would go to several nodes`,
      'ask the service first, and send to the one who answers',
    );
  }
  return new StreamSend(sending, recipient, { ...options, partBytes }).run(source);
}

class StreamSend {
  private readonly id: string;
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly most: number;
  private readonly life: number;
  private readonly storedAhead = new Map<number, number>();
  private stored = { parts: 0, bytes: 0 };

  constructor(
    private readonly sending: StreamSending,
    private readonly recipient: Recipient,
    private readonly options: StreamOptions & { readonly partBytes: number },
  ) {
    this.id = options.duplicateId ?? sending.newId();
    this.most = Math.max(2, Math.min(MOST_UNDER_WAY, Math.floor(UNDER_WAY / options.partBytes)));
    this.life = options.timeToLiveMs ?? LIFE_MS;
  }

  async run(source: AsyncIterable<Uint8Array>): Promise<SentStream> {
    try {
      return await this.send(source);
    } catch (error) {
      const known = error instanceof MessagingError ? error : sourceFailed(error);
      // After CLOSED and SEND_REFUSED nothing can be sent; a later try may resume what is stored.
      if (known.code === 'ABORTED' || known.code === 'SOURCE_FAILED' || known.code === 'MESSAGE_TOO_LARGE')
        void this.post(
          'aborted',
          Buffer.alloc(0),
          { [STREAM.part]: 0, [STREAM.aborted]: known.message.slice(0, 500) },
          {},
        );
      throw known;
    }
  }

  private async send(source: AsyncIterable<Uint8Array>): Promise<SentStream> {
    const { partBytes, maxBytes = MOST_BYTES, storedParts = 0 } = this.options;
    const hash = createHash('sha256');
    let parts = 0;
    let length = 0;
    const announced = this.announce(partBytes);
    for await (const part of this.untilAborted(inParts(source, partBytes))) {
      hash.update(part);
      length += part.length;
      if (length > maxBytes || parts >= MOST_PARTS) throw tooLarge(maxBytes);
      const number = parts;
      parts += 1;
      if (number < storedParts) {
        this.onStored(number, part.length);
        continue;
      }
      const work = this.post(String(number), part, { [STREAM.part]: number });
      void work.then(
        () => this.onStored(number, part.length),
        () => undefined,
      );
      while (this.underWay.size >= this.most) await Promise.race(this.underWay);
    }
    await Promise.all(this.underWay);
    const sha256 = hash.digest('hex');
    const end = { [STREAM.part]: parts, [STREAM.length]: length, [STREAM.sha256]: sha256 };
    await this.post('end', Buffer.alloc(0), end);
    return { ...(await announced), duplicateId: this.id, length, sha256, parts };
  }

  private announce(partBytes: number): Promise<Sent> {
    const { contentType, contentEncoding, topic, headers, correlationId } = this.options;
    const message: Message = {
      body: '',
      ...(contentType === undefined ? {} : { contentType }),
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
      ...(topic === undefined ? {} : { topic }),
      ...(headers === undefined ? {} : { headers }),
      ...(correlationId === undefined ? {} : { correlationId }),
    };
    return this.post('open', message, { [STREAM.partBytes]: partBytes, [STREAM.life]: this.life });
  }

  private post(
    name: string,
    content: Buffer | Message,
    marks: Readonly<Record<string, PropertyValue>>,
    options: SendOptions = this.options,
  ): Promise<Sent> {
    const message = Buffer.isBuffer(content) ? { body: content } : content;
    const envelope = {
      id: this.sending.newId(),
      duplicateId: `${this.id}/${name}`,
      ttl: this.life,
      marks: { [STREAM.id]: this.id, ...marks },
    };
    const { signal } = options;
    const work = this.sending.post(this.recipient, message, envelope, signal === undefined ? {} : { signal });
    this.underWay.add(work);
    // Whoever waits for it is told; where nobody does any more it is one failure of many.
    const ended = (): void => void this.underWay.delete(work);
    void work.then(ended, () => undefined);
    return work;
  }

  private onStored(number: number, bytes: number): void {
    this.storedAhead.set(number, bytes);
    let { parts, bytes: sum } = this.stored;
    for (let next = this.storedAhead.get(parts); next !== undefined; next = this.storedAhead.get(parts)) {
      this.storedAhead.delete(parts);
      parts += 1;
      sum += next;
    }
    if (parts === this.stored.parts) return;
    this.stored = { parts, bytes: sum };
    this.options.onProgress?.(this.stored);
  }

  /** A source that gives nothing does not keep the caller from giving up. */
  private async *untilAborted(parts: AsyncGenerator<Buffer, void, void>): AsyncGenerator<Buffer, void, void> {
    const { signal } = this.options;
    const { over } = this.sending;
    let reason: Error | undefined;
    let wake: (why: Error) => void = () => undefined;
    const giveUp = (why: Error): void => {
      reason ??= why;
      wake(why);
    };
    const listening = [
      onAbort(over, () => giveUp(over.reason as Error)),
      onAbort(signal, () => {
        if (signal !== undefined) giveUp(aborted(signal));
      }),
    ];
    try {
      for (;;) {
        // A race against one promise for the whole stream would keep every part until the end.
        const next = await new Promise<IteratorResult<Buffer, void>>((resolve, reject) => {
          wake = reject;
          if (reason === undefined) parts.next().then(resolve, reject);
          else reject(reason);
        });
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      for (const stop of listening) stop();
      // Not waited for: a source that gives nothing may not end, either.
      parts.return().catch(() => undefined);
    }
  }
}

function check(value: number, what: string, most: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw invalid(`a ${what} of ${value}`, `the most is ${most}`);
}

function invalid(what: string, remedy: string): MessagingError {
  return new MessagingError('MESSAGE_INVALID', `the stream has ${what}`, { remedy });
}

function tooLarge(maxBytes: number): MessagingError {
  return new MessagingError('MESSAGE_TOO_LARGE', `the stream has more than ${maxBytes} bytes, or too many parts`, {
    remedy: 'give a larger maxBytes or partBytes, if the recipient takes it',
  });
}

function sourceFailed(cause: unknown): MessagingError {
  return new MessagingError('SOURCE_FAILED', `the source of the stream failed: ${messageOf(cause)}`, {
    remedy: 'send it again from its start; the recipient was told that this one does not go on',
    cause,
  });
}
