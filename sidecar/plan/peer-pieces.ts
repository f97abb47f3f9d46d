import { rememberForBoth } from '../lib/remember';
import type { Identity } from '../network/identity';
import { peerId, type Peer } from '../network/peer';
import { cordaAddresses } from './address-profile';
import type { Action, Address, Bridge, CertificateLogin, Permission, Queue } from './broker-plan';
import { peerRole, ROLE_NODE } from './roles';

/** What a plan has because of one peer, whatever the settings are. */
export interface PeerPieces {
  /** Where the peer sends to, one a local identity. */
  readonly ingress: readonly Address[];
  /** Where waits what is for the peer, one an identity of his. */
  readonly outgoing: readonly Address[];
  /** The queues there; what a queue takes is for the settings to say. */
  readonly queues: readonly Omit<Queue, 'filter'>[];
  readonly grants: readonly Permission[];
  readonly login: CertificateLogin;
  /** One connection for all his identities and the services that he advertises. */
  readonly bridge: Bridge;
}

/** The identities under which this node receives. */
export function localIdentities(own: Peer): readonly Identity[] {
  return [...own.identities, ...own.services];
}

/** Made once for as long as the map has the peer: plans of one map after the other share nearly everything. */
export const becauseOf = rememberForBoth((own: Peer, peer: Peer): PeerPieces => {
  const id = peerId(peer);
  const role = peerRole(id);
  const ingress = localIdentities(own).map(({ id: to }) => address(cordaAddresses.ingress(to, id), 'MULTICAST', id));
  return {
    ingress,
    outgoing: peer.identities.map(({ id: to }) => address(cordaAddresses.peerQueue(to), 'ANYCAST', id)),
    queues: peer.identities.flatMap(({ id: to }) =>
      peerQueues(peer, to).map((name) => ({ ...address(name, 'ANYCAST', id), address: cordaAddresses.peerQueue(to) })),
    ),
    grants: ingress.flatMap(({ name }) => [grant(name, role), grant(name, ROLE_NODE)]),
    login: { user: role, subject: peer.identities[0].name.toJava(), role },
    bridge: bridgeTo(own, peer, role),
  };
});

/** One, unless the peer's own authority has it otherwise. */
function peerQueues({ swaptacular }: Peer, to: string): string[] {
  return Array.from({ length: swaptacular?.queues ?? 1 }, (_, index) => cordaAddresses.peerQueue(to, index + 1));
}

function address(name: string, routing: Address['routing'], peer: string): Address {
  return { name, routing, peer };
}

const SEND: readonly Action[] = ['send'];

function grant(match: string, role: string): Permission {
  return { match, role, actions: SEND, place: 'peer' };
}

function bridgeTo(own: Peer, peer: Peer, name: string): Bridge {
  const remote = (id: string): string => peer.swaptacular?.stomp.destination ?? cordaAddresses.remote(id, peerId(own));
  return {
    name,
    peer: peerId(peer),
    peerName: peer.identities[0].name.toCorda(),
    addresses: peer.addresses,
    trust: peer.nodeCa,
    links: [
      ...peer.identities.flatMap(({ id }) =>
        peerQueues(peer, id).map((queue) => ({ queue, remoteAddress: remote(id) })),
      ),
      ...peer.services.map(({ id }) => ({ queue: cordaAddresses.serviceQueue(id), remoteAddress: remote(id) })),
    ],
  };
}
