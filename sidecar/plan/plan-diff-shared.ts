import { rpcAddresses } from './address-profile';
import type { BrokerPlan } from './broker-plan';
import type { PlanChange } from './plan-change';
import type { PlanParts } from './plan-parts';

export interface SharedChanges {
  readonly joining: PlanChange[];
  readonly leaving: PlanChange[];
}

/** Services that some peer advertises; which peer does is told with the peer. */
export function diffServices(old: PlanParts, current: PlanParts): SharedChanges {
  const users = [...old.users.keys(), ...current.users.keys()];
  const ofUsers = new Set(users.map((name) => rpcAddresses.ingress(name)));
  const only = (these: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): string[] =>
    [...these.keys()].filter((name) => !others.has(name) && !ofUsers.has(name));
  const change = (
    kind: 'service-joins' | 'service-leaves',
    subject: string,
    what: string,
    why: string,
  ): PlanChange => ({
    kind,
    subject,
    what,
    why,
    blast: 'nothing',
  });
  return {
    joining: only(current.shared, old.shared).map((name) =>
      change(
        'service-joins',
        name,
        'is made, for whichever advertiser can be reached',
        'a first peer advertises the service',
      ),
    ),
    leaving: only(old.shared, current.shared).map((name) =>
      change('service-leaves', name, 'stays, and is carried to nobody', 'no peer advertises the service any more'),
    ),
  };
}

/** What this node itself receives as. */
export function diffIdentities(before: BrokerPlan, after: BrokerPlan): SharedChanges {
  const names = (plan: BrokerPlan): Set<string> => new Set(plan.staticAddresses.map(({ name }) => name));
  const [was, is] = [names(before), names(after)];
  return {
    joining: [...is]
      .filter((name) => !was.has(name))
      .map((name) => ({
        kind: 'identity-joins',
        subject: after.name,
        what: `receives at ${name} too`,
        why: 'its own NodeInfo has one identity more',
        blast: 'nothing',
      })),
    leaving: [...was]
      .filter((name) => !is.has(name))
      .map((name) => ({
        kind: 'identity-leaves',
        subject: after.name,
        what: `no longer receives at ${name}: nobody may send there, its queue stays`,
        why: 'its own NodeInfo has one identity less',
        blast: 'clients of an acceptor',
      })),
  };
}
