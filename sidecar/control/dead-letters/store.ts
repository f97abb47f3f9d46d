import type { BrokerOperations } from '../../broker/operations';
import type { Clock } from '../../lib/clock';
import { HEADER } from '../../messaging/headers';
import type { NodeConnection } from '../node-client/node-connection';
import { browse } from './browse';
import { deadLetterOf, peerAt, timeInId, type DeadLetter, type Direction } from './dead-letter';
import { DeadLetterError } from './dead-letter-error';
import {
  numberIs,
  quoted,
  slicesOf,
  slicesOfNumber,
  slicesOfTime,
  type Cause,
  type DeadLetterFilter,
  type Slice,
  type SliceSettings,
} from './slices';

export interface StoreOptions {
  readonly operations: Pick<BrokerOperations, 'countMessages' | 'countMessagesBy' | 'removeMessages'>;
  readonly connection: NodeConnection;
  readonly settings: SliceSettings;
  /** Deliveries after which the broker gives up. */
  readonly maxAttempts: number;
  readonly clock: Clock;
}

/** How many there are of one peer and cause. */
export interface DeadLetterCount {
  readonly direction: Direction;
  readonly peer?: string;
  readonly cause: Cause;
  readonly count: number;
  /** When the oldest died, milliseconds since the epoch. */
  readonly oldest?: number;
}

/** A dead letter together with what selects it at the broker. */
export interface Found {
  readonly letter: DeadLetter;
  readonly slice: Slice;
}

/** For each of so many groups the oldest is looked up; beyond that they are only counted. */
const MOST_OLDEST = 200;

/** The node's dead letters as the broker has them now. Methods throw ManagementError and AccessError. */
export class DeadLetterStore {
  constructor(readonly options: StoreOptions) {}

  /** Counts by peer and cause, the most first. */
  async summary(filter: DeadLetterFilter): Promise<DeadLetterCount[]> {
    const groups = new Map<string, DeadLetterCount>();
    let looked = 0;
    for (const slice of slicesOf(filter, this.options.settings)) {
      const counts = await this.options.operations.countMessagesBy(slice.queue, slice.address, slice.selector);
      for (const [address, count] of counts) {
        const whose = peerAt(address);
        const key = JSON.stringify([whose, slice.cause]);
        const known = groups.get(key);
        const oldest = (looked += 1) <= MOST_OLDEST ? await this.oldest(slice, address) : undefined;
        const ages = [known?.oldest, oldest].filter((at) => at !== undefined);
        groups.set(key, {
          ...whose,
          cause: slice.cause,
          count: (known?.count ?? 0) + count,
          ...(ages.length === 0 ? {} : { oldest: Math.min(...ages) }),
        });
      }
    }
    return [...groups.values()].sort((a, b) => b.count - a.count);
  }

  /** How many the filter takes. */
  async count(filter: DeadLetterFilter): Promise<number> {
    let sum = 0;
    for (const { queue, selector } of slicesOf(filter, this.options.settings))
      sum += await this.countIn(queue, selector);
    return sum;
  }

  /** Cause by cause, each in the order of the queue. */
  async list(filter: DeadLetterFilter, page: { readonly skip: number; readonly limit: number }): Promise<DeadLetter[]> {
    let { skip, limit } = page;
    const letters: DeadLetter[] = [];
    for (const slice of slicesOf(filter, this.options.settings)) {
      if (limit <= 0) break;
      const there = await this.countIn(slice.queue, slice.selector);
      const taken = Math.min(limit, Math.max(0, there - skip));
      letters.push(...(await this.read(slice, taken, skip)));
      skip = Math.max(0, skip - there);
      limit -= taken;
    }
    return letters;
  }

  /** Throws DeadLetterError DEAD_LETTER_UNKNOWN. */
  async find(id: string): Promise<Found> {
    const { settings } = this.options;
    const at = timeInId(id);
    const slices =
      at !== undefined ? slicesOfTime(at, settings) : /^\d{1,15}$/.test(id) ? slicesOfNumber(Number(id), settings) : [];
    for (const slice of slices) {
      const there = await this.countIn(slice.queue, slice.selector);
      const found = await this.readAll(slice, there);
      const one = found.find(({ letter }) => letter.id === id);
      if (one !== undefined) return one;
    }
    throw new DeadLetterError('DEAD_LETTER_UNKNOWN', `there is no dead letter ${JSON.stringify(id)}`, {
      remedy: 'see which there are: netmap dead-letters list --entries',
    });
  }

  /** Takes them away for good, and answers how many. */
  async drop(slices: readonly Slice[]): Promise<number> {
    let dropped = 0;
    for (const { queue, selector } of slices) {
      if ((await this.countIn(queue, selector)) > 0)
        dropped += await this.options.operations.removeMessages(queue, selector);
    }
    return dropped;
  }

  countIn(queue: string, selector: string): Promise<number> {
    return this.options.operations.countMessages(queue, selector);
  }

  /** Each with a slice that holds it alone. */
  async readAll(slice: Slice, count: number, skip = 0): Promise<Found[]> {
    const { connection, clock, maxAttempts } = this.options;
    const { queue, selector, form } = slice;
    const messages = await browse(connection, { queue, selector, count, skip, clock });
    return messages.map((message) => {
      const letter = deadLetterOf(message, slice, maxAttempts);
      const mark = (message.application_properties as Record<string, unknown> | undefined)?.[HEADER.duplicateId];
      const alone =
        form === 'library' ? `${HEADER.duplicateId} = ${quoted(String(mark))}` : numberIs(Number(letter.id), form);
      return { letter, slice: { ...slice, selector: `${selector} AND ${alone}` } };
    });
  }

  private async read(slice: Slice, count: number, skip = 0): Promise<DeadLetter[]> {
    const { connection, clock, maxAttempts } = this.options;
    const { queue, selector } = slice;
    const messages = await browse(connection, { queue, selector, count, skip, clock });
    return messages.map((message) => deadLetterOf(message, slice, maxAttempts));
  }

  private async oldest(slice: Slice, address: string): Promise<number | undefined> {
    const name = slice.form === 'amqp' ? `"${slice.address}"` : slice.address;
    const of = address === 'null' ? `${name} IS NULL` : `${name} = ${quoted(address)}`;
    const [letter] = await this.read({ ...slice, selector: `${slice.selector} AND ${of}` }, 1);
    return letter?.diedAt;
  }
}
