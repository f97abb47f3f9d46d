import { derSequence } from '../certificates/der-writer';
import type { X500Name } from '../certificates/x500-name';
import type { CordaObject } from './corda-blob/corda-value';
import { encodeCordaBlob } from './corda-blob/encode';
import { cordaObject, nameToCorda } from './corda-values';
import { hashOf } from './hash';
import { NodeInfoError } from './node-info-error';
import { identityKeyOf, isComposite, type NodeInfoContent, type SigningIdentity } from './node-info-writer';
import { signBytes } from './signing-key';

const serializedNodeInfo = 'net.corda.core.serialization.SerializedBytes<net.corda.core.node.NodeInfo>';

export interface NodeInfoBlob {
  /** That of the file, as `nodeInfoFileName` gives it. */
  readonly name: string;
  /** The signed NodeInfo, as it is published, served and kept. */
  readonly bytes: Buffer;
  /** What is signed, and its SHA-256 in upper-case hex: how network maps name it. */
  readonly raw: Uint8Array;
  readonly hash: string;
}

/**
 * Writes a NodeInfo in Corda's serialization, signed by each identity with a plain key, in their order.
 * @throws NodeInfoError NODE_INFO_SIGNATURE_MISSING, NODE_INFO_SIGNATURE_INVALID (as `signNodeInfo`), or
 * NODE_INFO_IDENTITY when there is no identity; CordaBlobError CORDA_BLOB_NOT_WRITABLE; X500NameError
 */
export function signNodeInfoBlob(content: NodeInfoContent): NodeInfoBlob {
  const [first] = content.identities;
  if (first === undefined) throw new NodeInfoError('NODE_INFO_IDENTITY', 'A NodeInfo needs an identity');
  const keys = content.identities.filter((identity) => !isComposite(identity)).map(identityKeyOf);
  const raw = encodeCordaBlob(nodeInfoToCorda(content));
  const signatures = keys.map((key) => ({ bytes: signBytes(key, raw) }));
  return {
    name: nodeInfoFileName(first.certificates[0].subject),
    bytes: encodeCordaBlob(signedNodeInfoToCorda({ raw, signatures })),
    raw,
    hash: hashOf(raw),
  };
}

/**
 * The name that Corda gives to the file with a node's NodeInfo: it follows from the name of the node's first identity.
 * @throws X500NameError for a name that Corda does not allow
 */
export function nodeInfoFileName(name: X500Name): string {
  return `nodeInfo-${hashOf(encodeCordaBlob(nameToCorda(name)))}`;
}

/** What of a signed NodeInfo is written into its blob; a `SignedNodeInfo` that was read from one will do. */
export interface SignedNodeInfoParts {
  readonly raw: Uint8Array;
  readonly signatures: readonly { readonly bytes: Uint8Array }[];
}

/** A signed NodeInfo, as it stands alone or in a bulk answer. */
export function signedNodeInfoToCorda({ raw, signatures }: SignedNodeInfoParts): CordaObject {
  return cordaObject('net.corda.nodeapi.internal.SignedNodeInfo', {
    raw: cordaObject(serializedNodeInfo, { bytes: raw }),
    signatures: signatures.map(({ bytes }) => cordaObject('net.corda.core.crypto.DigitalSignature', { bytes })),
  });
}

function nodeInfoToCorda({ addresses, platformVersion, serial, identities }: NodeInfoContent): CordaObject {
  return cordaObject('net.corda.core.node.NodeInfo', {
    addresses: addresses.map(({ host, port }) => {
      return cordaObject('net.corda.core.utilities.NetworkHostAndPort', { host, port });
    }),
    legalIdentitiesAndCerts: identities.map(partyToCorda),
    platformVersion,
    serial,
  });
}

/** The path is a PkiPath: a DER SEQUENCE from the root to the identity. */
function partyToCorda({ certificates }: SigningIdentity): CordaObject {
  const encoded = derSequence(...certificates.map(({ der }) => der).reverse());
  const certPath = cordaObject('java.security.cert.CertPath', { encoded, type: 'X.509' });
  return cordaObject('net.corda.core.identity.PartyAndCertificate', { certPath });
}
