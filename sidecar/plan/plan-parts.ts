import type { Address, Bridge, BrokerPlan, CertificateLogin, Permission, Queue } from './broker-plan';
import { peerRole, userRole } from './roles';

/** All that a plan has because of one peer. */
export interface PeerPart {
  bridge?: Bridge;
  readonly logins: { readonly domain: string; readonly certificate: CertificateLogin }[];
  readonly grants: Permission[];
  readonly declared: (Address | Queue)[];
}

/** All that a plan has because of one RPC user. */
export interface UserPart {
  password?: string;
  readonly grants: Permission[];
}

/** A plan taken apart by whom each piece is there for. */
export interface PlanParts {
  /** By peer id; the own node is one. */
  readonly peers: ReadonlyMap<string, PeerPart>;
  /** By name. */
  readonly users: ReadonlyMap<string, UserPart>;
  /** Permissions that are nobody's own. */
  readonly common: readonly Permission[];
  /** Declared queues and addresses that are no peer's own, by name, as text to be compared. */
  readonly shared: ReadonlyMap<string, string>;
}

const PEER = peerRole('');
const USER = userRole('');

/** One pass over the plan. */
export function partsOf(plan: BrokerPlan): PlanParts {
  const peers = new Map<string, PeerPart>();
  const users = new Map<string, UserPart>();
  const peer = (id: string): PeerPart => entry(peers, id, () => ({ logins: [], grants: [], declared: [] }));
  const user = (name: string): UserPart => entry(users, name, () => ({ grants: [] }));
  const shared = new Map<string, string>();

  for (const bridge of plan.bridges) peer(bridge.peer).bridge = bridge;
  for (const domain of plan.loginDomains) {
    for (const certificate of domain.certificates ?? []) {
      const { role } = certificate;
      const id = role.startsWith(PEER) ? role.slice(PEER.length) : plan.ownId;
      peer(id).logins.push({ domain: domain.name, certificate });
    }
    if (domain.certificates !== undefined) continue;
    for (const login of domain.passwords) user(login.user).password = `${login.role ?? ''} ${login.password}`;
  }
  for (const item of [...plan.addresses, ...plan.queues]) {
    if (item.peer !== undefined) peer(item.peer).declared.push(item);
    else shared.set(item.name, `${shared.get(item.name) ?? ''}${JSON.stringify(item)}`);
  }
  return { peers, users, shared, common: share(plan.permissions, peer, user) };
}

/** What the node may do at a match that names somebody belongs to whom it names; at one that several share, to nobody. */
function share(
  permissions: readonly Permission[],
  peer: (id: string) => PeerPart,
  user: (name: string) => UserPart,
): Permission[] {
  type Owner = { readonly grants: Permission[] } | undefined;
  const ofRole = (role: string): Owner => {
    if (role.startsWith(PEER)) return peer(role.slice(PEER.length));
    return role.startsWith(USER) ? user(role.slice(USER.length)) : undefined;
  };
  const owners = new Map<string, Owner>();
  for (const { match, role, place } of permissions) {
    const owner = place === 'static' ? undefined : ofRole(role);
    if (owner !== undefined) owners.set(match, owners.has(match) && owners.get(match) !== owner ? undefined : owner);
  }
  const common: Permission[] = [];
  for (const permission of permissions) {
    const { match, role, place } = permission;
    const owner = place === 'peer' ? (ofRole(role) ?? owners.get(match)) : undefined;
    if (owner === undefined) common.push(permission);
    else owner.grants.push(permission);
  }
  return common;
}

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
