import { splitQualified } from './address-match';
import type { Acceptor, Action, BrokerPlan, LoginDomain, PasswordLogin, Protocol } from './broker-plan';
import { STORES } from './corda-acceptors';
import { passwordMatches } from './stored-password';
import { lookupOf, type PlanLookup } from './plan-lookup';

/** What a client brings: a TLS certificate, and a user name with password. */
export interface Credential {
  /**
   * `own`: the node's; `peer`: one with the subject of that peer, under the network's roots; `stranger`: one with any
   * subject under another root; `none`: the client shows no certificate.
   */
  readonly certificate: 'own' | { readonly peer: string } | 'stranger' | 'none';
  readonly user?: string;
  readonly password?: string;
}

/**
 * - `send`: attach as sender and send one message
 * - `consume`: attach as receiver; `ADDRESS::QUEUE` names a queue of a multicast address
 * - `create-queue`: make a queue that lives as long as the client listens, and its address where that is not there; over
 *   AMQP a dynamic source does so, under a name of the broker's choice
 * - `manage`: ask the broker's management, whatever the address
 */
export type AccessAction = 'send' | 'consume' | 'create-queue' | 'manage';

/** Something that a client tries. */
export interface Access {
  readonly credential: Credential;
  readonly acceptor: Acceptor['name'];
  readonly protocol: Protocol;
  readonly address: string;
  readonly action: AccessAction;
}

/** What the broker answers, and which of its checks decides; they are in this order. */
export interface Prediction {
  readonly allowed: boolean;
  readonly at: 'tls' | 'protocol' | 'login' | 'address' | 'permission' | '-';
  readonly because: string;
}

export const MANAGEMENT_ADDRESS = 'activemq.management';

/** What a broker that is as planned answers to an access, while nobody else is connected. */
export function predict(plan: BrokerPlan, access: Access): Prediction {
  const acceptor = plan.acceptors.find(({ name }) => name === access.acceptor);
  if (acceptor === undefined) return refused('tls', `there is no acceptor ${access.acceptor}`);
  const tls = tlsRefusal(acceptor, access.credential);
  if (tls !== undefined) return refused('tls', tls);
  if (!acceptor.protocols.includes(access.protocol)) {
    return refused('protocol', `the acceptor ${acceptor.name} does not speak ${access.protocol}`);
  }
  const lookup = lookupOf(plan);
  const login = logIn(plan, acceptor, access.credential, lookup);
  if (typeof login === 'string') return refused('login', login);
  return access.action === 'manage' ? manage(lookup, login) : reach(lookup, login, access);
}

const refused = (at: Prediction['at'], because: string): Prediction => ({ allowed: false, at, because });

function tlsRefusal({ tls }: Acceptor, { certificate }: Credential): string | undefined {
  if (tls?.trustStore === undefined) return undefined;
  if (certificate === 'none') return 'a client certificate is asked for, and none is shown';
  if (certificate === 'stranger') return 'the certificate does not descend from a root of the network';
  if (tls.trustStore === STORES.ownCertificate && certificate !== 'own') {
    return "only the node's own certificate is trusted";
  }
  return undefined;
}

/** The roles that the login brings, or why it is refused. */
function logIn(plan: BrokerPlan, acceptor: Acceptor, credential: Credential, lookup: PlanLookup): Set<string> | string {
  const domain = plan.loginDomains.find(({ name }) => name === acceptor.loginDomain);
  if (domain === undefined) return `there is no login domain ${acceptor.loginDomain}`;
  const certificateIsEnough = domain.certificateIsEnough === true;
  if (credential.user === undefined && !certificateIsEnough) return 'a user name is asked for, and none is given';
  const roles = new Set<string>();
  if (domain.certificates !== undefined) {
    const found = certificateRoles(plan, domain, acceptor, credential, lookup);
    if (found.length === 0) return "the certificate's subject is not one that may log in here";
    for (const role of found) roles.add(role);
  }
  if (certificateIsEnough) return roles;
  const password = passwordLogin(domain, credential);
  if (password === undefined) return `the user ${credential.user ?? ''} may not log in here, or the password is wrong`;
  if (password.role !== undefined) roles.add(password.role);
  return roles;
}

/** Without a trust store no certificate is asked for, so none reaches the login. */
function certificateRoles(
  plan: BrokerPlan,
  domain: LoginDomain,
  acceptor: Acceptor,
  { certificate }: Credential,
  lookup: PlanLookup,
): string[] {
  if (acceptor.tls?.trustStore === undefined || certificate === 'none' || certificate === 'stranger') return [];
  const subject = lookup.subjectOf(certificate === 'own' ? plan.ownId : certificate.peer);
  return (domain.certificates ?? []).filter((login) => login.subject === subject).map(({ role }) => role);
}

function passwordLogin(domain: LoginDomain, { user, password = '' }: Credential): PasswordLogin | undefined {
  return domain.passwords.find((login) => login.user === user && passwordMatches(login, password));
}

function manage(lookup: PlanLookup, roles: ReadonlySet<string>): Prediction {
  return need(lookup, roles, MANAGEMENT_ADDRESS, ['send', 'manage']);
}

function reach(
  lookup: PlanLookup,
  roles: ReadonlySet<string>,
  { address: name, action, protocol }: Access,
): Prediction {
  const { address, queue } = splitQualified(name);
  const routing = lookup.routingOf(address);
  if (action === 'create-queue') {
    // Over STOMP the client names the address, over AMQP the broker does.
    const named = protocol === 'STOMP' && routing === undefined;
    if (named && lookup.setting(address, 'auto-create-addresses') !== true) {
      return refused('address', `${address} is not there`);
    }
    const unmade: Action[] = routing === undefined ? ['createAddress'] : [];
    return need(lookup, roles, address, [...unmade, 'createNonDurableQueue']);
  }
  if (routing === undefined && address !== MANAGEMENT_ADDRESS) {
    if (lookup.setting(address, 'auto-create-addresses') !== true) return refused('address', `${address} is not there`);
    const made = need(lookup, roles, address, ['createAddress']);
    if (!made.allowed) return made;
  }
  if (queue !== undefined && !lookup.hasQueue(address, queue)) {
    if (lookup.setting(address, 'auto-create-queues') !== true) return refused('address', `${name} is not there`);
  }
  if (action === 'send') return need(lookup, roles, address, ['send']);
  // Whoever listens to a multicast address gets a queue of his own.
  const subscribes = queue === undefined && routing !== 'ANYCAST';
  return need(lookup, roles, address, subscribes ? ['createNonDurableQueue', 'consume'] : ['consume']);
}

function need(lookup: PlanLookup, roles: ReadonlySet<string>, address: string, actions: readonly Action[]): Prediction {
  const { match, granted } = lookup.grants(address, roles);
  const missing = actions.filter((action) => !granted.has(action));
  if (missing.length > 0) {
    const where = match === undefined ? 'at any match' : `at ${match}`;
    return refused('permission', `${[...roles].join(', ') || 'no role'} has not ${missing.join(' and ')} ${where}`);
  }
  return { allowed: true, at: '-', because: `${[...roles].join(', ')} has ${actions.join(' and ')} at ${match ?? ''}` };
}
