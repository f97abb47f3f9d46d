import type { NetworkMapDocument } from '../../network-map/network-map';
import type { NetworkParametersDocument } from '../../network-map/network-parameters';
import type { SignedNodeInfo } from '../../network-map/node-info';
import type { Trust } from '../../network-map/trust';
import type { Peer } from '../../network/peer';

/** One NodeInfo as a service gives it: the bytes that can be kept and read again, and what they state. */
export interface ServedNodeInfo {
  readonly bytes: Uint8Array;
  readonly signed: SignedNodeInfo;
}

/** How the documents of a network map service are written: Corda's serialization or JSON. Every method may throw NetmapError. */
export interface MapForm {
  readonly mediaType: string;
  /** The map, its signature, its signer's role and chain verified. */
  readMap(bytes: Uint8Array, trust: Trust): Promise<NetworkMapDocument>;
  /** As `readMap`; the parameters must be those with the hash. */
  readParameters(bytes: Uint8Array, hash: string, trust: Trust): Promise<NetworkParametersDocument>;
  /** Nothing is verified. */
  readNodeInfo(bytes: Uint8Array): ServedNodeInfo;
  /** The NodeInfos of a bulk answer; nothing is verified. */
  readNodeInfos(bytes: Uint8Array): readonly ServedNodeInfo[];
  /** Verifies a NodeInfo wholly. */
  verify(signed: SignedNodeInfo, trust: Trust): Promise<Peer>;
}
