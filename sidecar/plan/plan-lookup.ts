import { coveringMatches } from './address-match';
import type { Action, BrokerPlan, Permission, RoutingType } from './broker-plan';
import { peerRole } from './roles';

/** A plan arranged for questions about single addresses. */
export interface PlanLookup {
  /** The certificate subject of a peer, as it logs in; undefined where the plan lets it in nowhere. */
  subjectOf(peer: string): string | undefined;
  routingOf(address: string): RoutingType | undefined;
  hasQueue(address: string, queue: string): boolean;
  /** The value of an address setting there, from the most specific match that has one. */
  setting(address: string, name: string): string | number | boolean | undefined;
  /** The match that decides, and what the roles may do by it. */
  grants(
    address: string,
    roles: ReadonlySet<string>,
  ): { readonly match: string | undefined; readonly granted: ReadonlySet<Action> };
}

const made = new WeakMap<BrokerPlan, PlanLookup>();

export function lookupOf(plan: BrokerPlan): PlanLookup {
  const found = made.get(plan) ?? makeLookup(plan);
  made.set(plan, found);
  return found;
}

function makeLookup(plan: BrokerPlan): PlanLookup {
  const addresses = new Map([...plan.staticAddresses, ...plan.addresses].map(({ name, routing }) => [name, routing]));
  const queues = new Set([...plan.staticQueues, ...plan.queues].map(({ address, name }) => `${address}::${name}`));
  const settings = new Map(plan.addressSettings.map(({ match, values }) => [match, values]));
  const permissions = new Map<string, Permission[]>();
  for (const permission of plan.permissions) {
    const there = permissions.get(permission.match);
    if (there === undefined) permissions.set(permission.match, [permission]);
    else there.push(permission);
  }
  const wildcards = [...permissions.keys()].filter((match) => /[*#]/.test(match));
  const subjects = new Map(
    plan.loginDomains.flatMap(({ certificates = [] }) => certificates.map(({ role, subject }) => [role, subject])),
  );
  return {
    subjectOf: (peer) => subjects.get(peerRole(peer)),
    routingOf: (address) => addresses.get(address),
    hasQueue: (address, queue) => queues.has(`${address}::${queue}`),
    setting: (address, name) =>
      coveringMatches(settings.keys(), address)
        .map((match) => settings.get(match)?.[name])
        .find((value) => value !== undefined),
    grants(address, roles) {
      const match = permissions.has(address) ? address : coveringMatches(wildcards, address)[0];
      const there = permissions.get(match ?? '') ?? [];
      return { match, granted: new Set(there.filter(({ role }) => roles.has(role)).flatMap(({ actions }) => actions)) };
    },
  };
}
