import type { BrokerPlan } from './broker-plan';
import type { PlanChange } from './plan-change';
import { diffPeers } from './plan-diff-peers';
import { diffSettings, diffUsers } from './plan-diff-settings';
import { diffIdentities, diffServices } from './plan-diff-shared';
import { partsOf } from './plan-parts';

/**
 * What differs between two plans of one broker, in the order in which it is safe to come about: what others will need
 * first, then what is new, then what changes, then what goes, and last what closes connections or needs a restart.
 * Without `before` everything is new. Empty exactly when nothing differs. Takes time in proportion to the peers.
 */
export function diffPlans(before: BrokerPlan | undefined, after: BrokerPlan): PlanChange[] {
  if (before === undefined) return [appearance(after), ...diffPlans(bare(after), after)];
  const [old, current] = [partsOf(before), partsOf(after)];
  const peers = diffPeers(before, after, old, current);
  const users = diffUsers(old, current);
  const services = diffServices(old, current);
  const identities = diffIdentities(before, after);
  const settings = diffSettings(before, after, old, current);
  const withBlast = (blast: PlanChange['blast']): PlanChange[] => settings.filter((change) => change.blast === blast);
  return [
    ...identities.joining,
    ...services.joining,
    ...peers.rekeyed,
    ...peers.joining,
    ...peers.changing,
    ...users.joining,
    ...users.changing,
    ...peers.leaving,
    ...users.leaving,
    ...services.leaving,
    ...identities.leaving,
    ...withBlast('nothing'),
    ...withBlast('one peer'),
    ...withBlast('clients of an acceptor'),
    ...withBlast('restart'),
  ];
}

function appearance(plan: BrokerPlan): PlanChange {
  const doors = plan.acceptors.map(({ name, host, port }) => `${name} at ${host}:${port}`).join(', ');
  return {
    kind: 'broker-appears',
    subject: plan.name,
    what: `gets a broker with ${doors}`,
    why: 'none was configured before',
    blast: 'restart',
  };
}

/** The same broker without peers and users. */
function bare(plan: BrokerPlan): BrokerPlan {
  const own = partsOf(plan).peers.get(plan.ownId);
  const grants = new Set(own?.grants);
  const logins = new Set(own?.logins.map(({ certificate }) => certificate));
  return {
    ...plan,
    bridges: [],
    loginDomains: plan.loginDomains.map((domain) =>
      domain.certificates === undefined
        ? { name: domain.name, passwords: [] }
        : { ...domain, certificates: domain.certificates.filter((login) => logins.has(login)) },
    ),
    permissions: plan.permissions.filter((permission) => permission.place === 'static' || grants.has(permission)),
    addresses: plan.addresses.filter(({ peer }) => peer === plan.ownId),
    queues: [],
  };
}
