import { ManagementConnection } from '../../../sidecar/broker/management-connection';
import { BrokerOperations } from '../../../sidecar/broker/operations';
import { SYSTEM_USERS } from '../../../sidecar/plan/roles';
import type { TestNode } from './node';

/** Runs `work` with the node's broker's operations, over a connection of its own. */
export async function withOperations<Result>(
  node: TestNode,
  work: (operations: BrokerOperations) => Promise<Result>,
): Promise<Result> {
  const management = new ManagementConnection({
    address: node.config.management,
    user: SYSTEM_USERS.node,
    password: SYSTEM_USERS.node,
    tls: { key: node.key, certificate: node.chain, pin: node.material.stores.ownCertificate },
  });
  try {
    return await work(new BrokerOperations(management));
  } finally {
    await management.close();
  }
}

/** Durable queues that are not empty, and addresses of which messages found no queue; the broker's own left out. */
export async function openQueues(
  node: TestNode,
): Promise<{ counts: Record<string, number>; unrouted: Record<string, number> }> {
  return withOperations(node, async (operations) => {
    const queues = (await operations.listQueues()).filter(({ durable, messageCount }) => durable && messageCount > 0);
    const addresses = (await operations.listAddresses()).filter(
      ({ name, unroutedCount }) => unroutedCount > 0 && !name.startsWith('activemq.'),
    );
    return {
      counts: Object.fromEntries(queues.map(({ name, messageCount }) => [name, messageCount])),
      unrouted: Object.fromEntries(addresses.map(({ name, unroutedCount }) => [name, unroutedCount])),
    };
  });
}
