import { parseCertificates } from '../../certificates/certificate';
import { cordaAddresses } from '../../plan/address-profile';
import type { Acceptor, BrokerPlan } from '../../plan/broker-plan';
import { peerRole, SYSTEM_USERS } from '../../plan/roles';
import type { ClientTls } from '../amqp/verified-socket';
import { sameBridge } from '../bridge/same-bridge';
import type { Entrance } from './entrance';

/** The ids under which the node receives, its own first. */
export function localIds(plan: BrokerPlan): string[] {
  const prefix = cordaAddresses.probeQueue('');
  const ids = plan.staticQueues.flatMap(({ name }) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  return ids.sort((a, b) => Number(b === plan.ownId) - Number(a === plan.ownId));
}

/** Peers whose way in or out differs between the two plans; all without an earlier one. */
export function changedPeers(plan: BrokerPlan, before: BrokerPlan | undefined): string[] {
  const old = new Map(before?.bridges.map((bridge) => [bridge.peer, bridge]));
  const [were, are] = [subjectsByRole(before), subjectsByRole(plan)];
  return plan.bridges
    .filter((bridge) => {
      const last = old.get(bridge.peer);
      const role = peerRole(bridge.peer);
      return last === undefined || !sameBridge(last, bridge) || were.get(role) !== are.get(role);
    })
    .map(({ peer }) => peer);
}

function subjectsByRole(plan: BrokerPlan | undefined): Map<string, string> {
  const logins = plan?.loginDomains.flatMap(({ certificates = [] }) => certificates) ?? [];
  return new Map(logins.map(({ role, subject }) => [role, subject]));
}

/** The other side must show exactly this certificate (PEM). */
export function pinnedTo(certificate: string, own?: { readonly key: string; readonly chain: string }): ClientTls {
  const [pinned] = parseCertificates(certificate);
  return {
    ...own,
    verify: ([leaf]) => {
      if (leaf === undefined || pinned === undefined || Buffer.compare(leaf.der, pinned.der) !== 0) {
        throw new Error('it shows another certificate than the broker of this node');
      }
    },
  };
}

/** How the system users come in: an acceptor's address, with the host that reaches it from here. */
export function systemEntrance(
  plan: BrokerPlan,
  name: Exclude<Acceptor['name'], 'rpc'>,
  common: Pick<Entrance, 'protocol' | 'timeoutMs'> & { readonly tls: ClientTls; readonly host: string },
): Entrance {
  const { host, ...rest } = common;
  const user = { p2p: SYSTEM_USERS.peer, node: SYSTEM_USERS.node, 'rpc-admin': SYSTEM_USERS.nodeRpc }[name];
  return { ...rest, address: addressOf(plan, name, host), user, password: user };
}

/** `host` stands for an acceptor that listens everywhere. Throws where the plan has no such acceptor. */
export function addressOf(plan: BrokerPlan, name: Acceptor['name'], host: string): { host: string; port: number } {
  const acceptor = plan.acceptors.find((each) => each.name === name);
  if (acceptor === undefined) throw new Error(`the plan has no acceptor ${name}`);
  return { host: ['0.0.0.0', '::'].includes(acceptor.host) ? host : acceptor.host, port: acceptor.port };
}
