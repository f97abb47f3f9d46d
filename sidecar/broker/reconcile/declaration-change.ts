import type { Address, Queue } from '../../plan/broker-plan';
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
  | 'createAddress'
  | 'createQueue'
  | 'deleteAddress'
  | 'destroyQueue'
  | 'messageCount'
  | 'addressNames'
  | 'queueNames'
  | 'listAddresses'
  | 'listQueues'
>;

/** Beyond so many the broker is asked for all names at once rather than for each. */
const FEW = 20;

/** Addresses and queues made through management, all on their way at once; undone as long as they are empty. */
export function declarationChange(
  operations: DeclarationOperations,
  addresses: readonly Address[],
  queues: readonly Queue[],
  declared: Declared,
  why: string,
): Change {
  const made = { addresses: [] as string[], queues: [] as string[] };
  return {
    kind: 'declare',
    what: `${addresses.length} addresses and ${queues.length} queues are made${names(addresses, queues)}`,
    why,
    blast: 'nothing',
    async apply() {
      await settleAll(
        addresses.map(async ({ name, routing }) => {
          await operations.createAddress(name, [routing]);
          made.addresses.push(name);
          declared.addresses.add(name);
        }),
      );
      await settleAll(
        queues.map(async ({ name, address, routing, filter }) => {
          await operations.createQueue({
            name,
            address,
            routingType: routing,
            ...(filter === undefined ? {} : { filter }),
          });
          made.queues.push(name);
          declared.queues.add(name);
        }),
      );
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
    async undo() {
      for (const name of made.queues) {
        if ((await operations.messageCount(name)) > 0) continue;
        await operations.destroyQueue(name);
        declared.queues.delete(name);
      }
      for (const name of made.addresses) {
        await operations.deleteAddress(name);
        declared.addresses.delete(name);
      }
    },
  };
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

/** Waits for all, so that nothing is still on its way when the first failure is told. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
