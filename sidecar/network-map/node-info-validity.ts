import { Certificate } from '../certificates/certificate';
import { KeyError } from '../certificates/key-error';
import { verifySignature } from '../certificates/keys';
import type { NodeInfo } from './node-info';

/** Milliseconds since the epoch. */
export interface NodeInfoValidity {
  readonly from: number;
  readonly until: number;
}

/** When every certificate of a NodeInfo is valid, those of `roots` included that it descends from. */
export function validityOf({ identities }: NodeInfo, roots: readonly Certificate[]): NodeInfoValidity {
  const certificates = identities.flatMap((identity) => identity.certificates.map((der) => Certificate.fromDer(der)));
  const above = roots.filter((root) => certificates.some((one) => isAbove(root, one, roots)));
  const all = [...certificates, ...above];
  return {
    from: Math.max(...all.map(({ notBefore }) => notBefore)),
    until: Math.min(...all.map(({ notAfter }) => notAfter)),
  };
}

/** A network's new root may bear the name of the old one: then the signature tells them apart. */
function isAbove(root: Certificate, one: Certificate, roots: readonly Certificate[]): boolean {
  if (!one.issuer.equals(root.subject)) return false;
  const isOnly = roots.every((other) => other === root || !other.subject.equals(root.subject));
  return isOnly || hasSigned(root, one);
}

function hasSigned({ publicKey }: Certificate, { signatureAlgorithm, signedBytes, signature }: Certificate): boolean {
  try {
    return verifySignature(publicKey, signatureAlgorithm, signedBytes, signature);
  } catch (error) {
    if (error instanceof KeyError) return false;
    throw error;
  }
}
