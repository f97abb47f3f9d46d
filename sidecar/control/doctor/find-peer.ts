import { X500Name } from '../../certificates/x500-name';
import { X500NameError } from '../../certificates/x500-name-error';
import { suggest } from '../../lib/did-you-mean';
import { peerId, type Peer } from '../../network/peer';
import type { PlanPreview } from '../preview-plan';

/** A peer of the map by its id or its X.500 name in any spelling; else what to do about that, for the operator. */
export function findPeer({ snapshot, material }: PlanPreview, text: string): Peer | { readonly remedy: string } {
  const own = peerId(material.own);
  const others = snapshot.peers.map(({ peer }) => peer).filter((peer) => peerId(peer) !== own);
  const name = nameOf(text);
  const found = others.find((peer) => {
    return peerId(peer) === text || (name !== undefined && peer.identities.some((each) => each.name.equals(name)));
  });
  if (found !== undefined) return found;
  const names = others.slice(0, 1000).map(({ identities: [first] }) => first.name.toCorda());
  return { remedy: names.length === 0 ? 'the map names no other node' : suggest(text, names.slice(0, 20)) };
}

function nameOf(text: string): X500Name | undefined {
  try {
    return X500Name.parse(text);
  } catch (error) {
    if (error instanceof X500NameError) return undefined;
    throw error;
  }
}
