import { DerError, readDer, sequenceOf } from '../certificates/der';
import { NodeInfoError } from './node-info-error';

const maxCertificates = 16;

/**
 * The certificates (DER) of a PkiPath, a DER SEQUENCE from the root to the leaf; given leaf first.
 * @throws NodeInfoError NODE_INFO_CERTIFICATE
 */
export function splitCertPath(path: Uint8Array): Uint8Array[] {
  const certificates = elementsOf(path);
  if (certificates.length > 0 && certificates.length <= maxCertificates) return certificates.reverse();
  const message = `A certificate path has ${certificates.length} certificates, not 1 to ${maxCertificates}`;
  throw new NodeInfoError('NODE_INFO_CERTIFICATE', message);
}

function elementsOf(path: Uint8Array): Uint8Array[] {
  try {
    return sequenceOf(readDer(path), 'the path').map((certificate) => certificate.bytes);
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw new NodeInfoError('NODE_INFO_CERTIFICATE', 'A certificate path cannot be read', cause);
  }
}
