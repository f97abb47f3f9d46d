import type { HostAndPort, IdentityRole } from '../network/identity';

/** Most identities and addresses that a NodeInfo may have. */
export const maxIdentities = 32;
export const maxAddresses = 32;

/** One identity as a NodeInfo states it. */
export interface StatedIdentity {
  /** DER, from the identity's own certificate towards the root. */
  readonly certificates: readonly Uint8Array[];
  /** Where the form states them beside the certificate: X.500 name and role; they must agree with it. */
  readonly stated?: { readonly name: string; readonly role: IdentityRole };
}

/** What a node says about itself, not verified. */
export interface NodeInfo {
  readonly identities: readonly StatedIdentity[];
  readonly addresses: readonly HostAndPort[];
  readonly platformVersion: number;
  readonly serial: bigint;
}

export interface NodeInfoSignature {
  readonly bytes: Uint8Array;
  /** Whether the holder of this key (SubjectPublicKeyInfo, DER) made the signature over this NodeInfo; never rejects. */
  isBy(publicKey: Uint8Array): Promise<boolean>;
}

/** A NodeInfo in any form with its signatures, not verified. */
export interface SignedNodeInfo {
  readonly nodeInfo: NodeInfo;
  /** The bytes that state it and are signed. */
  readonly raw: Uint8Array;
  /** SHA-256 of `raw`, upper-case hex: how network maps name it. */
  readonly hash: string;
  /** One for each identity whose key is not composite, in the order of the identities, when all is well. */
  readonly signatures: readonly NodeInfoSignature[];
}
