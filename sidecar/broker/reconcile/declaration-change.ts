import { eachLimited } from '../../lib/each-limited';
import type { Address, Queue, RoutingType } from '../../plan/broker-plan';
import { ManagementError } from '../management-error';
import type { BrokerOperations } from '../operations';
import type { ListFilter } from '../operations-types';
import { ApplyError, type Change } from './change';

/** Names of what the broker has; kept up to date by the changes, and read anew at each look for drift. */
export interface Declared {
  readonly addresses: Set<string>;
  readonly queues: Set<string>;
}

export type DeclarationOperations = Pick<
  BrokerOperations,
  'createAddress' | 'createQueue' | 'addressNames' | 'queueNames' | 'listAddresses' | 'listQueues'
>;

/** On their way at the same time: the time-out of a request runs while it waits for those before it. */
const AT_ONCE = 48;
/** Beyond so many the broker is asked for all names at once rather than for each. */
const FEW = 20;

/**
 * Addresses and queues made through management, many on their way at once. What was made is not undone: nobody may send
 * there yet but the node itself, whose message could come in between a look at the queue and its end.
 */
export function declarationChange(
  operations: DeclarationOperations,
  addresses: readonly Address[],
  queues: readonly Queue[],
  declared: Declared,
  why: string,
): Change {
  return {
    kind: 'declare',
    what: `${addresses.length} addresses and ${queues.length} queues are made${names(addresses, queues)}`,
    why,
    blast: 'nothing',
    async apply() {
      await eachLimited(addresses, AT_ONCE, async ({ name, routing }) => {
        await createAddress(operations, name, routing);
        declared.addresses.add(name);
      });
      await eachLimited(queues, AT_ONCE, async ({ name, address, routing, filter }) => {
        await operations.createQueue({
          name,
          address,
          routingType: routing,
          ...(filter === undefined ? {} : { filter }),
        });
        declared.queues.add(name);
      });
    },
    async verify() {
      const missing = [
        ...(await absent(
          addresses,
          () => operations.addressNames(),
          (name) => operations.listAddresses(byName(name)),
        )),
        ...(await absent(
          queues,
          () => operations.queueNames(),
          (name) => operations.listQueues(byName(name)),
        )),
      ];
      if (missing.length === 0) return;
      throw new ApplyError('APPLY_NOT_LIVE', `the broker does not have ${missing.slice(0, 3).join(', ')}`);
    },
    undo: async () => undefined,
  };
}

/** The broker refuses a name that is there: an attempt whose answer was lost may have made it. */
async function createAddress(operations: DeclarationOperations, name: string, routing: RoutingType): Promise<void> {
  try {
    await operations.createAddress(name, [routing]);
  } catch (error) {
    const refused = error instanceof ManagementError && error.code === 'MANAGEMENT_REFUSED';
    if (!refused || (await operations.listAddresses(byName(name))).length === 0) throw error;
  }
}

async function absent(
  wanted: readonly { name: string }[],
  all: () => Promise<string[]>,
  one: (name: string) => Promise<readonly { name: string }[]>,
): Promise<string[]> {
  if (wanted.length === 0) return [];
  const few = wanted.length <= FEW;
  const found = new Set(
    few ? (await Promise.all(wanted.map(({ name }) => one(name)))).flat().map(({ name }) => name) : await all(),
  );
  return wanted.filter(({ name }) => !found.has(name)).map(({ name }) => name);
}

function byName(name: string): ListFilter {
  return { field: 'name', operation: 'EQUALS', value: name };
}

function names(addresses: readonly Address[], queues: readonly Queue[]): string {
  const all = [...new Set([...addresses, ...queues].map(({ name }) => name))];
  return all.length > 0 && all.length <= FEW ? `: ${all.join(', ')}` : '';
}
