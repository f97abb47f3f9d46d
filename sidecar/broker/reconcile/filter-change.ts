import { eachLimited } from '../../lib/each-limited';
import type { Queue } from '../../plan/broker-plan';
import type { BrokerOperations } from '../operations';
import { ApplyError, type Change } from './change';

export type FilterOperations = Pick<BrokerOperations, 'updateQueueFilter' | 'listQueues'>;

/** On their way at the same time. */
const AT_ONCE = 48;

/** Queues that are there get another filter: the network's largest message has changed. All have the same, before and after. */
export function filterChange(
  operations: FilterOperations,
  queues: readonly Queue[],
  before: string,
  why: string,
): Change {
  const [sample] = queues;
  return {
    kind: 'declare',
    what: `${queues.length} queues take messages by "${sample?.filter ?? ''}" instead of "${before}"`,
    why,
    blast: 'nothing',
    apply: () => eachLimited(queues, AT_ONCE, ({ name, filter }) => operations.updateQueueFilter(name, filter ?? '')),
    async verify() {
      const live = await filterOf(operations, sample);
      if (live === (sample?.filter ?? '')) return;
      throw new ApplyError(
        'APPLY_NOT_LIVE',
        `the broker still takes messages for ${sample?.name ?? ''} by "${live ?? ''}"`,
      );
    },
    undo: () => eachLimited(queues, AT_ONCE, ({ name }) => operations.updateQueueFilter(name, before)),
  };
}

/** The filter that a queue has; undefined where there is no such queue. */
export async function filterOf(operations: FilterOperations, queue: Queue | undefined): Promise<string | undefined> {
  if (queue === undefined) return undefined;
  const [info] = await operations.listQueues({ field: 'name', operation: 'EQUALS', value: queue.name });
  return info?.filter;
}
