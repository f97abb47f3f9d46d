import { verifySignature } from '../certificates/keys';
import { splitCertPath } from './cert-path';
import type { CordaValue } from './corda-blob/corda-value';
import { decodeCordaBlob } from './corda-blob/decode';
import { bytesField, fieldOf, intField, listField, longField, objectOf, textField } from './corda-blob/fields';
import { defaultBlobLimits, type BlobLimits } from './corda-blob/limits';
import { hashOf } from './hash';
import { maxAddresses, maxIdentities, type NodeInfo, type NodeInfoSignature, type SignedNodeInfo } from './node-info';

/**
 * Reads a SignedNodeInfo in Corda's serialization, as nodes publish it and network maps serve it. Nothing is verified.
 * @throws CordaBlobError, or NodeInfoError NODE_INFO_CERTIFICATE
 */
export function readSignedNodeInfo(blob: Uint8Array, limits: BlobLimits = defaultBlobLimits): SignedNodeInfo {
  return signedNodeInfoOf(decodeCordaBlob(blob, limits), limits);
}

/**
 * The same from an object that was decoded already, such as one of a bulk answer's.
 * @throws CordaBlobError, or NodeInfoError NODE_INFO_CERTIFICATE
 */
export function signedNodeInfoOf(value: CordaValue, limits: BlobLimits = defaultBlobLimits): SignedNodeInfo {
  const signed = objectOf(value, 'net.corda.nodeapi.internal.SignedNodeInfo');
  const serialized = objectOf(fieldOf(signed, 'raw'), 'net.corda.core.serialization.SerializedBytes');
  const raw = bytesField(serialized, 'bytes');
  const signatures = listField(signed, 'signatures', maxIdentities).map((signature) => {
    return signatureOf(bytesField(objectOf(signature, 'net.corda.core.crypto.DigitalSignature'), 'bytes'), raw);
  });
  return { nodeInfo: nodeInfoOf(decodeCordaBlob(raw, limits)), raw, hash: hashOf(raw), signatures };
}

function nodeInfoOf(value: CordaValue): NodeInfo {
  const nodeInfo = objectOf(value, 'net.corda.core.node.NodeInfo');
  return {
    addresses: listField(nodeInfo, 'addresses', maxAddresses).map((value) => {
      const address = objectOf(value, 'net.corda.core.utilities.NetworkHostAndPort');
      return { host: textField(address, 'host'), port: intField(address, 'port') };
    }),
    identities: listField(nodeInfo, 'legalIdentitiesAndCerts', maxIdentities).map((identity) => {
      const party = objectOf(identity, 'net.corda.core.identity.PartyAndCertificate');
      const path = objectOf(fieldOf(party, 'certPath'), 'java.security.cert.CertPath');
      return { certificates: splitCertPath(bytesField(path, 'encoded')) };
    }),
    platformVersion: intField(nodeInfo, 'platformVersion'),
    serial: longField(nodeInfo, 'serial'),
  };
}

function signatureOf(bytes: Uint8Array, raw: Uint8Array): NodeInfoSignature {
  return {
    bytes,
    async isBy(publicKey) {
      try {
        return verifySignature(publicKey, undefined, raw, bytes);
      } catch {
        // A key that cannot be used, such as a composite one, has signed nothing.
        return false;
      }
    },
  };
}
