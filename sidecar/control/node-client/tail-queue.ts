import { BrokerOperations } from '../../broker/operations';
import type { Clock } from '../../lib/clock';
import type { Config } from '../../config/config';
import { cordaAddresses, PROBE_PROPERTY } from '../../plan/address-profile';
import { createManagement } from '../create-broker';
import type { NodeMaterial } from '../node-material';

export interface TailOrder {
  readonly config: Config;
  readonly material: NodeMaterial;
  readonly clock: Clock;
  /** The own identity or service of whose messages copies are wanted. */
  readonly id: string;
  /** Distinguishes this queue from those of others who look on. */
  readonly unique: string;
  /** Copies that wait for a slow reader at most; the oldest go first, so that nobody who sends ever waits for him. */
  readonly keep: number;
}

export interface TailQueue {
  /** What a receiver names to read the copies. */
  readonly source: string;
  /** The queue ends with its reader in any case. */
  close(): Promise<void>;
}

/** A queue of copies beside the one that applications read: what passes is not touched. Rejects with ManagementError. */
export async function openTailQueue(order: TailOrder): Promise<TailQueue> {
  const { id, unique, keep } = order;
  const operations = new BrokerOperations(createManagement(order));
  const name = `netmap.tail.${unique}`;
  const address = cordaAddresses.inboundWildcard(id);
  const settings = {
    ...{ name, address, 'routing-type': 'MULTICAST', durable: false, 'ring-size': keep },
    ...{ 'filter-string': `${PROBE_PROPERTY} IS NULL`, 'auto-create-address': false },
    // A reader that is killed leaves nothing; the count keeps the queue until its first reader has come.
    ...{ 'auto-delete': true, 'auto-delete-delay': 0, 'auto-delete-message-count': -1 },
  };
  try {
    await operations.management.invoke('broker', 'createQueue', [JSON.stringify(settings), false]);
  } catch (error) {
    await operations.management.close();
    throw error;
  }
  return {
    source: `${address}::${name}`,
    async close() {
      await operations.destroyQueue(name, { closeConsumers: true }).catch(() => undefined);
      await operations.management.close();
    },
  };
}
