import type { NetworkView } from '../network/network-view';
import type { LoginDomain } from './broker-plan';
import { becauseOf } from './peer-pieces';
import type { PlanSettings } from './plan-settings';
import { ROLE_NODE, ROLE_NODE_RPC, SYSTEM_USERS, userRole } from './roles';

/** One login domain an acceptor. The own certificate counts among the peers: a node may send to itself as to others. */
export function loginDomains(view: NetworkView, settings: PlanSettings): LoginDomain[] {
  const ownSubject = view.own.identities[0].name.toJava();
  const own = (role: string): LoginDomain['certificates'] => [{ user: role, subject: ownSubject, role }];
  const system = (user: string): LoginDomain['passwords'] => [{ user, password: user }];
  return [
    {
      name: 'p2p',
      certificates: [view.own, ...view.peers].map((peer) => becauseOf(view.own, peer).login),
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
