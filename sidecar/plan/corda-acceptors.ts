import type { Acceptor } from './broker-plan';
import type { PlanSettings } from './plan-settings';

/** Instance-relative places of what acceptors and bridges show and trust. */
export const STORES = {
  node: 'etc/stores/node.pem',
  rpc: 'etc/stores/rpc.pem',
  ownCertificate: 'etc/stores/own-certificate.pem',
  roots: 'etc/stores/roots.pem',
  peer: (id: string): string => `etc/stores/peers/${id}.pem`,
} as const;

/** The four doors: peers by the network's roots, the node and its RPC side by its own certificate alone, users by password. */
export function acceptors(settings: PlanSettings): Acceptor[] {
  const { p2p, node, rpc, rpcAdmin } = settings.acceptors;
  const pinned = { keyStore: STORES.node, trustStore: STORES.ownCertificate };
  const rpcTls = { off: undefined, own: { keyStore: STORES.node }, separate: { keyStore: STORES.rpc } }[rpc.tls];
  return [
    {
      name: 'p2p',
      host: p2p.host,
      port: p2p.port,
      protocols: ['AMQP'],
      loginDomain: 'p2p',
      tls: { keyStore: STORES.node, trustStore: STORES.roots },
    },
    {
      name: 'node',
      host: node.host,
      port: node.port,
      protocols: ['AMQP', 'STOMP', 'CORE'],
      loginDomain: 'node',
      tls: pinned,
    },
    {
      name: 'rpc-admin',
      host: rpcAdmin.host,
      port: rpcAdmin.port,
      protocols: ['AMQP', 'STOMP', 'CORE'],
      loginDomain: 'rpc-admin',
      tls: pinned,
    },
    {
      name: 'rpc',
      host: rpc.host,
      port: rpc.port,
      protocols: ['AMQP', 'STOMP'],
      loginDomain: 'rpc',
      ...(rpcTls === undefined ? {} : { tls: rpcTls }),
    },
  ];
}
