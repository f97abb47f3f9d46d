import { ManagementConnection } from '../../../sidecar/broker/management-connection';
import { BrokerOperations } from '../../../sidecar/broker/operations';
import { parseCertificates } from '../../../sidecar/certificates/certificate';
import { SYSTEM_USERS } from '../../../sidecar/plan/roles';
import type { NodeAccess } from './node-access';

/** Management of a node's broker by a connection of the test's own. */
export class NodeOperations extends BrokerOperations {
  private readonly connection: ManagementConnection;

  constructor({ address, key, chain }: NodeAccess) {
    const [own] = parseCertificates(chain);
    const connection = new ManagementConnection({
      address,
      user: SYSTEM_USERS.node,
      password: SYSTEM_USERS.node,
      tls: { key, certificate: chain, pin: own?.pem() ?? '' },
    });
    super(connection);
    this.connection = connection;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** Names of queues with this prefix that hold messages. */
  async filledQueues(prefix: string): Promise<string[]> {
    const queues = await this.listQueues({ field: 'messageCount', operation: 'GREATER_THAN', value: 0 });
    return queues.map(({ name }) => name).filter((name) => name.startsWith(prefix));
  }
}
