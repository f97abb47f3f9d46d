import type { NetworkView } from '../network/network-view';
import { rememberForBoth } from '../lib/remember';
import { peerId, type Peer } from '../network/peer';
import { cordaAddresses } from './address-profile';
import type { Bridge } from './broker-plan';

/** One connection a peer, for all its identities and the services that it advertises. The own node needs none. */
export function bridges(view: NetworkView): Bridge[] {
  return view.peers.map((peer) => bridgeTo(view.own, peer));
}

const bridgeTo = rememberForBoth((own: Peer, peer: Peer): Bridge => {
  const from = peerId(own);
  return {
    name: `peer.${peerId(peer)}`,
    peer: peerId(peer),
    peerName: peer.identities[0].name.toCorda(),
    addresses: peer.addresses,
    trust: peer.nodeCa,
    links: [
      ...peer.identities.map(({ id }) => ({
        queue: cordaAddresses.peerQueue(id),
        remoteAddress: cordaAddresses.remote(id, from),
      })),
      ...peer.services.map(({ id }) => ({
        queue: cordaAddresses.serviceQueue(id),
        remoteAddress: cordaAddresses.remote(id, from),
      })),
    ],
  };
});
