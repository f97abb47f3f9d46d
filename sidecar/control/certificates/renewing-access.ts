import type { AmqpOptions } from '../../broker/amqp/open-amqp';
import type { Config } from '../../config/config';
import type { Clock } from '../../lib/clock';
import type { HostAndPort } from '../../network/identity';
import { brokerAccess } from '../broker-access';
import { readNodeMaterial, type NodeMaterial } from '../node-material';

export interface RenewingInput {
  readonly config: Config;
  /** As it was read when the application began. */
  readonly material: Pick<NodeMaterial, 'stores'>;
  readonly clock: Clock;
  /** Reads it anew; from the files of the configuration unless given. */
  readonly read?: () => Promise<Pick<NodeMaterial, 'stores'>>;
}

export type RenewingAccess = <Connection>(open: (options: AmqpOptions) => Promise<Connection>) => Promise<Connection>;

/**
 * How an application that goes on for months comes to the node's broker: with the certificate that the files hold when it
 * connects and, while the broker does not show that one yet, with the one of before.
 */
export function renewingAccess(input: RenewingInput, address: HostAndPort, user: string): RenewingAccess {
  const { config, clock, read = () => readNodeMaterial(config, clock) } = input;
  let used = input.material;
  return async (open) => {
    const next = await read().catch(() => used);
    try {
      const connection = await open(brokerAccess(next, address, user));
      used = next;
      return connection;
    } catch (error) {
      if (next.stores.ownCertificate === used.stores.ownCertificate) throw error;
      return open(brokerAccess(used, address, user));
    }
  };
}
