import type { NetworkView } from '../network/network-view';
import { peerId } from '../network/peer';
import { cordaAddresses, PROBE_PROPERTY } from './address-profile';
import type { Acceptor, Action, BrokerPlan, LoginDomain, Permission } from './broker-plan';
import { DEAD_LETTERS, EXPIRED } from './corda-addresses';
import { planCorda } from './corda-plan';
import type { PlanSettings } from './plan-settings';
import { peerRole, ROLE_NODE } from './roles';

/** What came in over STOMP and was not looked at yet; the sidecar alone reads it. */
export const RECEIVED = 'netmap.received';
/** The sidecar's own probes among what came in. */
export const RECEIVED_PROBES = 'netmap.received.probes';

const SEND: readonly Action[] = ['send'];
/** What the node needs there: to read, to listen with a queue of its own for its probes, to send. */
const READ_AND_SEND: readonly Action[] = [
  'send',
  'consume',
  'browse',
  'createNonDurableQueue',
  'deleteNonDurableQueue',
];

/**
 * The broker of a Swaptacular node. It is that of a Corda node but for the way in: peers come over STOMP, a certificate is
 * all that they show, and all of them send to one destination. From there the sidecar carries what is good to each
 * sender's ingress address, where nobody else may send, so that applications read it as in any other network.
 */
export function planSwaptacular(view: NetworkView, settings: PlanSettings, destination: string): BrokerPlan {
  const plan = planCorda(view, settings);
  return {
    ...plan,
    acceptors: plan.acceptors.map(stompIn),
    loginDomains: plan.loginDomains.map(certificateAlone),
    // At ingress addresses the node alone sends, as it may everywhere.
    permissions: [...plan.permissions.filter(({ match }) => !isIngress(match)), ...grants(view, destination)],
    addressSettings: [...plan.addressSettings, { match: destination, values: settingsOf(settings) }],
    staticAddresses: [...plan.staticAddresses, { name: destination, routing: 'MULTICAST' }],
    staticQueues: [
      ...plan.staticQueues,
      { name: RECEIVED, address: destination, routing: 'MULTICAST', filter: `${PROBE_PROPERTY} IS NULL` },
      { name: RECEIVED_PROBES, address: destination, routing: 'MULTICAST', filter: `${PROBE_PROPERTY} IS NOT NULL` },
    ],
  };
}

const isIngress = (match: string): boolean => cordaAddresses.senderOf(match) !== undefined;

function stompIn(acceptor: Acceptor): Acceptor {
  const { name, tls } = acceptor;
  if (name !== 'p2p' || tls === undefined) return acceptor;
  return { ...acceptor, protocols: ['STOMP'], tls: { ...tls, oldest: 'TLSv1.3' } };
}

function certificateAlone(domain: LoginDomain): LoginDomain {
  return domain.name === 'p2p' ? { ...domain, passwords: [], certificateIsEnough: true } : domain;
}

/** The own node counts among the peers, for its proofs. */
function grants(view: NetworkView, match: string): Permission[] {
  const at = (role: string, actions: readonly Action[]): Permission => ({ match, role, actions, place: 'peer' });
  return [at(ROLE_NODE, READ_AND_SEND), ...[view.own, ...view.peers].map((peer) => at(peerRole(peerId(peer)), SEND))];
}

/** It pages, as its queues are not on a wildcard: what peers send while the sidecar is away waits on disk. */
function settingsOf({ base }: PlanSettings): Readonly<Record<string, string | number | boolean>> {
  return {
    'auto-create-queues': false,
    'auto-create-addresses': false,
    'auto-delete-queues': false,
    'auto-delete-addresses': false,
    'dead-letter-address': DEAD_LETTERS,
    'expiry-address': EXPIRED,
    'max-size-bytes': base.memory.addressMaxSize,
    'page-size-bytes': base.memory.pageSize,
    'address-full-policy': 'PAGE',
    'max-delivery-attempts': -1,
    'send-to-dla-on-no-route': true,
    'default-address-routing-type': 'MULTICAST',
    'default-queue-routing-type': 'MULTICAST',
  };
}
