import type { HostAndPort, Identity } from './identity';
import type { SwaptacularPeer } from './swaptacular-node';

/** One node of the network as its verified NodeInfo describes it. */
export interface Peer {
  /** Legal identities; the first is the node's own name and the subject of its TLS certificate. */
  readonly identities: readonly [Identity, ...Identity[]];
  /** Service identities that this node advertises, perhaps with others. */
  readonly services: readonly Identity[];
  /** Where its p2p acceptor answers, in the order to be tried. */
  readonly addresses: readonly [HostAndPort, ...HostAndPort[]];
  /** The certificate (PEM) of the CA that issues this node's TLS certificates: what a bridge to it trusts, alone. */
  readonly nodeCa: string;
  readonly platformVersion: number;
  /** Grows with each NodeInfo that the node publishes. */
  readonly serial: bigint;
  /** In a Swaptacular network: the peer as the own authority's database knows it. */
  readonly swaptacular?: SwaptacularPeer;
}

/** The key by which one peer is told from another: the id of its first identity. */
export function peerId(peer: Peer): string {
  return peer.identities[0].id;
}
