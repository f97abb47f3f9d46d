import type { BrokerPlan } from '../../../sidecar/plan/broker-plan';

const ROLE = 'peer.';
/** A node of these histories has its first NodeInfo's address at this port and one, the next at the next. */
export const FIRST_PORT = 10_000;

/** Who can receive, by id, and the serial of the NodeInfo whose address the bridge goes to. */
export type Planned = ReadonlyMap<string, bigint>;

/** Whom a plan lets receive; `violate` is told where bridge, queue, login and permissions are not for the same peers. */
export function plannedPeers(plan: BrokerPlan, violate: (what: string) => void): Planned {
  const planned = new Map(
    plan.bridges.map(({ peer, addresses }) => [peer, BigInt((addresses[0]?.port ?? 0) - FIRST_PORT)]),
  );
  const wanted = [...planned.keys()].sort().join(' ');
  const owned = (roles: readonly string[]): string[] =>
    roles.filter((role) => role.startsWith(ROLE)).map((role) => role.slice(ROLE.length));
  const others = (ids: readonly string[]): Set<string> => new Set(ids.filter((id) => id !== plan.ownId));
  const kinds: Record<string, readonly string[]> = {
    logins: owned(plan.loginDomains.flatMap(({ certificates = [] }) => certificates.map(({ role }) => role))),
    permissions: owned(plan.permissions.map(({ role }) => role)),
    addresses: plan.addresses.flatMap(({ peer }) => peer ?? []),
    queues: plan.queues.flatMap(({ peer }) => peer ?? []),
  };
  for (const [kind, ids] of Object.entries(kinds)) {
    const found = [...others(ids)].sort().join(' ');
    if (found !== wanted) violate(`there are ${kind} for ${found}, and bridges to ${wanted}`);
  }
  return planned;
}
