/** The seed's user names; each is also its own password, since the certificate is what proves who comes. */
export const SYSTEM_USERS = {
  node: 'SystemUsers/Node',
  nodeRpc: 'SystemUsers/NodeRPC',
  peer: 'SystemUsers/Peer',
} as const;

export const ROLE_NODE = 'node';
export const ROLE_NODE_RPC = 'node-rpc';

export function peerRole(id: string): string {
  return `peer.${id}`;
}

export function userRole(name: string): string {
  return `rpc.${name}`;
}
