import type { BridgeStatus } from '../broker/bridge/bridge-status';
import type { BrokerOperations } from '../broker/operations';
import type { BrokerPlan } from '../plan/broker-plan';
import { DEAD_LETTERS, EXPIRED } from '../plan/corda-addresses';
import { slicesOf, type Cause, type SliceSettings } from './dead-letters/slices';

/** Messages that did not get where they were to go, or not yet. */
export interface BacklogView {
  /** By a peer's id: when the oldest message that waits for it came, milliseconds since the epoch. */
  readonly oldest: ReadonlyMap<string, number>;
  readonly deadLetters: DeadLetterNumbers;
}

export interface DeadLetterNumbers {
  readonly total: number;
  /** Absent where there are too many to look at each. */
  readonly causes?: Readonly<Partial<Record<Cause, number>>>;
}

export interface BacklogOptions {
  readonly operations: Pick<BrokerOperations, 'firstMessage' | 'messageCount' | 'countMessages'>;
  readonly ownIds: readonly string[];
}

/** Beyond so many dead letters they are counted alone, and of more peers with messages no age is asked for at one look. */
const MOST_SORTED = 100_000;
const MOST_PEERS = 200;

/** Asks the broker how old what waits is, and what has died; little for a node where nothing does. */
export class Backlog {
  private current: BacklogView = { oldest: new Map(), deadLetters: { total: 0 } };

  constructor(private readonly options: BacklogOptions) {}

  /** The same object as before while nothing has changed. */
  view(): BacklogView {
    return this.current;
  }

  /** Throws ManagementError. */
  async look(plan: BrokerPlan, bridges: readonly BridgeStatus[]): Promise<void> {
    const oldest = await this.ages(plan, bridges);
    const deadLetters = await this.dead({ ownIds: this.options.ownIds, maxMessageSize: plan.maxMessageSize });
    const next = { oldest, deadLetters };
    if (written(next) !== written(this.current)) this.current = next;
  }

  private async ages(plan: BrokerPlan, bridges: readonly BridgeStatus[]): Promise<Map<string, number>> {
    const waiting = bridges.filter(({ queued }) => queued > 0).slice(0, MOST_PEERS);
    const links = new Map(waiting.length === 0 ? [] : plan.bridges.map(({ peer, links: all }) => [peer, all]));
    const ages = await Promise.all(
      waiting.map(async ({ peer }) => {
        const queues = links.get(peer) ?? [];
        const first = await Promise.all(queues.map(({ queue }) => this.options.operations.firstMessage(queue)));
        return [peer, Math.min(...first.flatMap((message) => message?.at ?? []))] as const;
      }),
    );
    return new Map(ages.filter(([, at]) => Number.isFinite(at)));
  }

  private async dead(settings: SliceSettings): Promise<DeadLetterNumbers> {
    const { operations } = this.options;
    const counts = await Promise.all([DEAD_LETTERS, EXPIRED].map((queue) => operations.messageCount(queue)));
    const total = counts.reduce((sum, count) => sum + count, 0);
    const known = this.current.deadLetters;
    if (total === known.total) return known;
    if (total === 0 || total > MOST_SORTED) return { total };
    const causes: Partial<Record<Cause, number>> = {};
    for (const { queue, selector, cause } of slicesOf({}, settings)) {
      const count = await operations.countMessages(queue, selector);
      if (count > 0) causes[cause] = (causes[cause] ?? 0) + count;
    }
    return { total, causes };
  }
}

function written({ oldest, deadLetters }: BacklogView): string {
  return JSON.stringify([[...oldest], deadLetters]);
}
