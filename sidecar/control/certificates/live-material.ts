import type { Certificate } from '../../certificates/certificate';
import type { StoreContents } from '../../render/stores';
import type { NodeMaterial } from '../node-material';

/** Who this node is, while its certificates may be renewed. */
export interface LiveMaterial extends NodeMaterial {
  /** What the broker has read, by which it is known and which it lets in: another object after each renewal. */
  readonly stores: StoreContents;
  /** What it is to read; the same but in the midst of a renewal. */
  readonly wanted: StoreContents;
  want(stores: StoreContents): void;
  /** The broker has read what is wanted. */
  settle(): void;
  /** The network map is judged by these roots from now on. */
  trust(roots: readonly Certificate[]): void;
  /** The node is known by this NodeInfo from now on; stores and roots are left as they are. */
  become(next: Pick<NodeMaterial, 'own' | 'nodeInfo' | 'made' | 'issuers'>): void;
}

/** `installed` is what a broker that runs already has read, where that may be something else. */
export function liveMaterial(material: NodeMaterial, installed: StoreContents = material.stores): LiveMaterial {
  let [current, wanted] = [installed, material.stores];
  const live: LiveMaterial = {
    ...material,
    get stores() {
      return current;
    },
    get wanted() {
      return wanted;
    },
    want(stores) {
      wanted = stores;
    },
    settle() {
      current = wanted;
    },
    trust(roots) {
      Object.assign(live, { roots });
    },
    become({ own, nodeInfo, made, issuers }) {
      Object.assign(live, { own, nodeInfo, made, issuers });
    },
  };
  return live;
}
