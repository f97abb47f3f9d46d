import { peerId, type Peer } from './peer';

/** The network as one node sees it: itself and every other node that a verified map names. */
export interface NetworkView {
  readonly own: Peer;
  /** Every peer but `own`, by peer id in ascending order. */
  readonly peers: readonly Peer[];
}

/** A view in canonical order, whatever the order of the source; the own entry is never taken from the map. */
export function networkView(own: Peer, fromMap: readonly Peer[]): NetworkView {
  const ownId = peerId(own);
  const peers = fromMap.filter((peer) => peerId(peer) !== ownId);
  peers.sort((a, b) => (peerId(a) < peerId(b) ? -1 : 1));
  return { own, peers };
}
