import type { Clock } from '../../lib/clock';
import type { BrokerOperations } from '../operations';
import type { QueueInfo } from '../operations-types';

export type NumberOperations = Pick<BrokerOperations, 'listQueues' | 'totalMessageCount' | 'brokerConnections'>;

/** What the broker says of all queues that hold messages and of all its connections at one moment. */
export interface BrokerNumbers {
  readonly queues: ReadonlyMap<string, QueueInfo>;
  readonly links: ReadonlyMap<string, { readonly started: boolean; readonly connected: boolean }>;
}

/** While nothing is in use the queues are listed at this interval at least, or when their total has changed. */
const LISTING_MS = 5_000;

/** Asks the broker for what the bridges go by, and for as little as will do. */
export class NumberReader {
  private listedAt = Number.NEGATIVE_INFINITY;
  private total = -1;

  constructor(
    private readonly operations: NumberOperations,
    private readonly clock: Clock,
  ) {}

  /** The next question is answered in full. */
  forget(): void {
    this.listedAt = Number.NEGATIVE_INFINITY;
  }

  /** Undefined when nothing is `busy` and no message has come or gone: with 10,000 queues a listing costs 0.1 s. */
  async changed(busy: boolean, withLinks: boolean): Promise<BrokerNumbers | undefined> {
    const total = await this.operations.totalMessageCount();
    if (!busy && total === this.total && this.clock.now() - this.listedAt < LISTING_MS) return undefined;
    // Set first: whoever calls `forget` during the listing wants another one.
    this.listedAt = this.clock.now();
    try {
      const numbers = await this.all(withLinks);
      this.total = total;
      return numbers;
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** `withLinks` false: the broker has no connection, and is not asked for any. */
  async all(withLinks = true): Promise<BrokerNumbers> {
    const filter = { field: 'messageCount', operation: 'GREATER_THAN', value: 0 } as const;
    const queues = await this.operations.listQueues(filter);
    const links = withLinks ? await this.operations.brokerConnections() : [];
    return {
      queues: new Map(queues.map((queue) => [queue.name, queue])),
      links: new Map(links.map((link) => [link.name, link])),
    };
  }
}
