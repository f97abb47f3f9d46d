import { message as codec } from 'rhea';
import type { Message } from 'rhea-promise';
import type { BrokerOperations } from '../../broker/operations';
import { HEADER } from '../../messaging/headers';
import { cordaAddresses, rpcAddresses } from '../../plan/address-profile';
import { DEAD_LETTERS, REPLAY } from '../../plan/corda-addresses';
import { browse } from './browse';
import type { DeadLetter } from './dead-letter';
import { DeadLetterError } from './dead-letter-error';
import { quoted, type Slice } from './slices';
import type { DeadLetterStore, Found, StoreOptions } from './store';

export interface ReplayOptions {
  readonly store: DeadLetterStore;
  readonly operations: Pick<
    BrokerOperations,
    | 'countMessages'
    | 'retryMessages'
    | 'moveMessages'
    | 'removeMessages'
    | 'forgetDuplicates'
    | 'isOpen'
    | 'countMessagesBy'
  >;
  readonly connection: StoreOptions['connection'];
  readonly ownIds: readonly string[];
  readonly clock: StoreOptions['clock'];
}

export interface Replayed {
  /** Back in the queue that they died in or were for. */
  readonly replayed: number;
  readonly stayed: readonly Stayed[];
}

export interface Stayed {
  readonly count: number;
  readonly why: string;
}

/** Dead letters that are read at once. */
const BATCH = 100;
/** Annotation of a message on its way back: what selects the dead letter that it was made of. */
const MADE_OF = 'x-opt-netmap-made-of';
const ORIGIN = 'x-opt-ORIG-ADDRESS';
const ORIGIN_QUEUE = 'x-opt-ORIG-QUEUE';

const GONE = 'their queue is not there any more or takes nothing';
const NOWHERE = 'their origin names no address of this node';
const TOO_LARGE = 'they are larger than a message may be: raise limits.maxMessageSize';

/**
 * Brings dead letters back to where they belong, each in one step of the broker's: whatever ends this halfway, a message is in the dead
 * letters, in its queue, or in the queue of those on their way, which `finish` empties.
 */
export class Replay {
  constructor(private readonly options: ReplayOptions) {}

  /** Ends what an earlier replay has begun; answers how many messages that were. */
  async finish(): Promise<number> {
    const { operations, connection, clock } = this.options;
    const count = await operations.countMessages(REPLAY);
    if (count === 0) return 0;
    const begun = await browse(connection, { queue: REPLAY, selector: 'AMQSize > 0', count, clock });
    let finished = 0;
    for (const { message_annotations: annotations } of begun) {
      const madeOf: unknown = annotations?.[MADE_OF];
      if (typeof madeOf === 'string') finished += await this.deliver(madeOf);
    }
    return finished;
  }

  /** With `dryRun` it is only counted what would come of it. */
  async run(slices: readonly Slice[], dryRun: boolean): Promise<Replayed> {
    if (!dryRun) await this.finish();
    let replayed = 0;
    const stayed: Stayed[] = [];
    for (const slice of slices) {
      const count = await this.options.store.countIn(slice.queue, slice.selector);
      if (count === 0) continue;
      const [done, why] = await this.replaySlice(slice, count, dryRun);
      replayed += done;
      if (done < count) stayed.push({ count: count - done, why });
    }
    return { replayed, stayed };
  }

  private async replaySlice(slice: Slice, count: number, dryRun: boolean): Promise<readonly [number, string]> {
    switch (slice.cause) {
      case 'too-large':
        return [0, TOO_LARGE];
      case 'attempts':
      case 'refused':
      case 'expired': {
        const { operations } = this.options;
        return [dryRun ? count : await operations.retryMessages(slice.queue, slice.selector), GONE];
      }
      default:
        return this.oneByOne(slice, count, dryRun);
    }
  }

  private async oneByOne(slice: Slice, count: number, dryRun: boolean): Promise<readonly [number, string]> {
    let done = 0;
    let why = NOWHERE;
    for (let seen = 0; seen < count; seen += BATCH) {
      // What is replayed is not there any more when the next ones are read.
      const skip = dryRun ? seen : seen - done;
      for (const found of await this.options.store.readAll(slice, Math.min(BATCH, count - seen), skip)) {
        const target = this.targetOf(found.letter);
        if (target === undefined) continue;
        if (await this.options.operations.isOpen(target)) done += dryRun ? 1 : await this.replayOne(found, target);
        else why = GONE;
      }
    }
    return [done, why];
  }

  private replayOne({ letter, slice }: Found, target: string): Promise<number> {
    const { operations } = this.options;
    if (target === letter.origin) return operations.moveMessages(slice.queue, slice.selector, target);
    return this.resend(letter, slice.selector, target);
  }

  /** The queue where it belongs. */
  private targetOf({ origin }: DeadLetter): string | undefined {
    const [address = ''] = origin.split('::');
    if (cordaAddresses.waitsFor(address) !== undefined) return address;
    if (address.startsWith(rpcAddresses.ingress(''))) return rpcAddresses.queue;
    const sender = cordaAddresses.senderOf(address);
    const own = this.options.ownIds.find(
      (id) => sender !== undefined && cordaAddresses.ingress(id, sender) === address,
    );
    return own === undefined ? undefined : cordaAddresses.inboundQueue(own);
  }

  private async resend(letter: DeadLetter, selector: string, target: string): Promise<number> {
    const { operations, connection } = this.options;
    await operations.forgetDuplicates(REPLAY);
    const sender = await connection.sender(REPLAY);
    try {
      await connection.orLost(sender.send(asItWas(letter, target, selector)));
    } finally {
      await connection.inTime(sender.close(), 'the end of a link').catch(() => undefined);
    }
    // Of two messages with one duplicate ID at the same moment the broker drops the second without a word.
    if ((await operations.countMessages(REPLAY, isMadeOf(selector))) === 0) {
      throw new DeadLetterError(
        'DEAD_LETTER_BUSY',
        `dead letter ${letter.id} is not on its way: another replay is at work`,
        {
          remedy: 'wait for it, then try again',
          decision: 'retry',
        },
      );
    }
    return this.deliver(selector);
  }

  /** The dead letter goes first: from here on what is on its way is the only one. */
  private async deliver(madeOf: string): Promise<number> {
    const { operations } = this.options;
    await operations.removeMessages(DEAD_LETTERS, madeOf);
    return operations.retryMessages(REPLAY, isMadeOf(madeOf));
  }
}

function isMadeOf(selector: string): string {
  return `"m.${MADE_OF}" = ${quoted(selector)}`;
}

function asItWas(letter: DeadLetter, target: string, selector: string): Message {
  const { messageId, correlationId, sentAt, contentType, contentEncoding, duplicateId, properties, body, origin } =
    letter;
  return {
    durable: true,
    ...(messageId === undefined ? {} : { message_id: messageId }),
    ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
    ...(sentAt === undefined ? {} : { creation_time: new Date(sentAt) }),
    ...(contentType === undefined ? {} : { content_type: contentType }),
    ...(contentEncoding === undefined ? {} : { content_encoding: contentEncoding }),
    application_properties: {
      ...properties,
      ...(duplicateId === undefined ? {} : { [HEADER.duplicateId]: duplicateId }),
    },
    message_annotations: { [ORIGIN]: origin, [ORIGIN_QUEUE]: target, [MADE_OF]: selector },
    body: codec.data_section(body) as unknown,
  };
}
