import type { NetworkView } from '../network/network-view';
import { rememberForBoth } from '../lib/remember';
import { peerId, type Peer } from '../network/peer';
import type { CertificateLogin, LoginDomain } from './broker-plan';
import type { PlanSettings } from './plan-settings';

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

/** One login domain an acceptor. The own certificate counts among the peers: a node may send to itself as to others. */
export function loginDomains(view: NetworkView, settings: PlanSettings): LoginDomain[] {
  const ownSubject = view.own.identities[0].name.toJava();
  const own = (role: string): LoginDomain['certificates'] => [{ user: role, subject: ownSubject, role }];
  const system = (user: string): LoginDomain['passwords'] => [{ user, password: user }];
  return [
    {
      name: 'p2p',
      certificates: [view.own, ...view.peers].map((peer) => loginOf(view.own, peer)),
      passwords: system(SYSTEM_USERS.peer),
    },
    { name: 'node', certificates: own(ROLE_NODE), passwords: system(SYSTEM_USERS.node) },
    { name: 'rpc-admin', certificates: own(ROLE_NODE_RPC), passwords: system(SYSTEM_USERS.nodeRpc) },
    {
      name: 'rpc',
      passwords: settings.rpcUsers.map((user) => ({
        user: user.name,
        password: user.passwordHash,
        role: userRole(user.name),
      })),
    },
  ];
}

const loginOf = rememberForBoth((_own: Peer, peer: Peer): CertificateLogin => {
  const role = peerRole(peerId(peer));
  return { user: role, subject: peer.identities[0].name.toJava(), role };
});
