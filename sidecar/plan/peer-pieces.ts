import { rememberForBoth } from '../lib/remember';
import type { Identity } from '../network/identity';
import { peerId, type Peer } from '../network/peer';
import { cordaAddresses } from './address-profile';
import type { Action, Address, Bridge, CertificateLogin, Permission } from './broker-plan';
import { peerRole, ROLE_NODE } from './roles';

/** What a plan has because of one peer, whatever the settings are. */
export interface PeerPieces {
  /** Where the peer sends to, one a local identity. */
  readonly ingress: readonly Address[];
  /** Where waits what is for the peer, one an identity of his. */
  readonly outgoing: readonly Address[];
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
    grants: ingress.flatMap(({ name }) => [grant(name, role), grant(name, ROLE_NODE)]),
    login: { user: role, subject: peer.identities[0].name.toJava(), role },
    bridge: bridgeTo(own, peer, role),
  };
});

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
      ...peer.identities.map(({ id }) => ({ queue: cordaAddresses.peerQueue(id), remoteAddress: remote(id) })),
      ...peer.services.map(({ id }) => ({ queue: cordaAddresses.serviceQueue(id), remoteAddress: remote(id) })),
    ],
  };
}
