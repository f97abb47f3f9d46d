import type { AmqpOptions } from '../broker/amqp/open-amqp';
import { pinnedTo } from '../broker/probe/probe-targets';
import type { HostAndPort } from '../network/identity';
import type { NodeMaterial } from './node-material';

/** For the own broker to answer while a connection or link is opened, milliseconds. */
const ANSWER_MS = 30_000;

/**
 * How one of the node's own system users comes to the own broker, and to no other: by the node's certificate, as the
 * material has it at each connection.
 */
export function brokerAccess(material: Pick<NodeMaterial, 'stores'>, address: HostAndPort, user: string): AmqpOptions {
  return {
    ...{ address, user, password: user, timeoutMs: ANSWER_MS },
    get tls() {
      const { nodeKey: key, nodeChain: chain, ownCertificate } = material.stores;
      return pinnedTo(ownCertificate, { key, chain });
    },
  };
}

/** An address that listens everywhere is reached on this machine. */
export function reachable({ host, port }: HostAndPort): HostAndPort {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: host === '::' ? '::1' : host, port };
}
