import { cordaAddresses, rpcAddresses } from './address-profile';
import type { BrokerPlan, Protocol } from './broker-plan';
import { MANAGEMENT_ADDRESS, predict, type Access, type Credential, type Prediction } from './predict';

/** One thing to try, and what the plan says will come of it. */
export interface ProbeCell {
  readonly access: Access;
  readonly expected: Prediction;
}

/** The protocols that a probe speaks. */
const SPOKEN: readonly Protocol[] = ['AMQP', 'STOMP'];
const NOWHERE = 'netmap.nowhere';

/**
 * What each credential is granted through each acceptor, and the refusals next to it: another's ingress address,
 * reading, an address that is not there, another user's replies, management. A few dozen cells a credential, whatever
 * the number of peers; where a login is refused, one cell says so. `answers` names the users' reply addresses, which must
 * not be there yet.
 */
export function probeMatrix(plan: BrokerPlan, credentials: readonly Credential[], answers = 'probe'): ProbeCell[] {
  return credentials.flatMap((credential) =>
    plan.acceptors.flatMap(({ name: acceptor }) =>
      SPOKEN.flatMap((protocol) => {
        const cells = targets(plan, credential, answers).map(({ address, action }): ProbeCell => {
          const access = { credential, acceptor, protocol, address, action };
          return { access, expected: predict(plan, access) };
        });
        const outside = cells.find(({ expected }) => ['tls', 'protocol', 'login'].includes(expected.at));
        return outside === undefined ? cells : [outside];
      }),
    ),
  );
}

type Target = Pick<Access, 'address' | 'action'>;

function targets(plan: BrokerPlan, credential: Credential, answers: string): Target[] {
  const self = typeof credential.certificate === 'object' ? credential.certificate.peer : plan.ownId;
  const other = otherPeer(plan, self);
  const [outgoing] = plan.bridges.find(({ peer }) => peer === self)?.links ?? plan.bridges[0]?.links ?? [];
  const users = rpcUsers(plan);
  const user = credential.user !== undefined && users.includes(credential.user) ? credential.user : users[0];
  const otherUser = users.find((name) => name !== user);
  return unique([
    ...inboundIds(plan).flatMap((id): Target[] => [
      { address: cordaAddresses.ingress(id, self), action: 'send' },
      { address: cordaAddresses.ingress(id, self), action: 'consume' },
      ...(other === undefined ? [] : [{ address: cordaAddresses.ingress(id, other), action: 'send' } as const]),
      { address: cordaAddresses.inboundWildcard(id), action: 'send' },
      { address: `${cordaAddresses.inboundWildcard(id)}::${cordaAddresses.inboundQueue(id)}`, action: 'consume' },
      { address: cordaAddresses.inboundQueue(id), action: 'send' },
    ]),
    ...(outgoing === undefined ? [] : outgoingTargets(outgoing.queue)),
    ...[user, otherUser].flatMap((name) => (name === undefined ? [] : userTargets(name, answers))),
    { address: `${rpcAddresses.wildcard}::${rpcAddresses.queue}`, action: 'consume' },
    { address: NOWHERE, action: 'send' },
    { address: NOWHERE, action: 'create-queue' },
    { address: MANAGEMENT_ADDRESS, action: 'manage' },
  ]);
}

function outgoingTargets(queue: string): Target[] {
  return [
    { address: queue, action: 'send' },
    { address: queue, action: 'consume' },
  ];
}

function userTargets(name: string, answers: string): Target[] {
  const reply = rpcAddresses.client(name).replace('#', answers);
  return [
    { address: rpcAddresses.ingress(name), action: 'send' },
    { address: rpcAddresses.ingress(name), action: 'consume' },
    { address: reply, action: 'consume' },
    { address: reply, action: 'send' },
  ];
}

/** The ids under which this node receives. */
function inboundIds(plan: BrokerPlan): string[] {
  const prefix = cordaAddresses.inboundQueue('');
  return plan.staticQueues.filter(({ name }) => name.startsWith(prefix)).map(({ name }) => name.slice(prefix.length));
}

function otherPeer(plan: BrokerPlan, self: string): string | undefined {
  return plan.bridges.find(({ peer }) => peer !== self)?.peer ?? (self === plan.ownId ? undefined : plan.ownId);
}

function rpcUsers(plan: BrokerPlan): string[] {
  return plan.loginDomains.flatMap(({ certificates, passwords }) =>
    certificates === undefined ? passwords.map(({ user }) => user) : [],
  );
}

function unique(found: readonly Target[]): Target[] {
  return [...new Map(found.map((target) => [`${target.action} ${target.address}`, target])).values()];
}
