import type { AmqpOptions } from '../../broker/amqp/open-amqp';
import { rpcAddresses } from '../../plan/address-profile';
import { openAmqpConnection } from '../amqp/amqp-connection';
import type { RpcConnection } from './rpc-transport';

/** A connection to a real broker, by one of its RPC acceptors or the node's. Throws AccessError. */
export async function openRpcConnection(options: AmqpOptions, onLost: (reason: Error) => void): Promise<RpcConnection> {
  const connection = await openAmqpConnection(options, onLost);
  return {
    openSender: (address, events) => connection.openSender(address, events),
    openRequests: (events) => connection.openSource({ address: rpcAddresses.source, capabilities: ['queue'] }, events),
    openReplies: (address, events) =>
      // Without a name that lasts a topic's subscription ends with its link, and its queue with it.
      connection.openSource({ address, durable: 0, expiry_policy: 'link-detach', capabilities: ['topic'] }, events),
    close: () => connection.close(),
  };
}
