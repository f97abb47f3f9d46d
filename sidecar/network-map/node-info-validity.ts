import { Certificate } from '../certificates/certificate';
import type { NodeInfo } from './node-info';

/** Milliseconds since the epoch. */
export interface NodeInfoValidity {
  readonly from: number;
  readonly until: number;
}

/** When every certificate of a NodeInfo is valid, those of `roots` included that it descends from. */
export function validityOf({ identities }: NodeInfo, roots: readonly Certificate[]): NodeInfoValidity {
  const certificates = identities.flatMap((identity) => identity.certificates.map((der) => Certificate.fromDer(der)));
  const above = roots.filter((root) => certificates.some((one) => one.issuer.equals(root.subject)));
  const all = [...certificates, ...above];
  return {
    from: Math.max(...all.map(({ notBefore }) => notBefore)),
    until: Math.min(...all.map(({ notAfter }) => notAfter)),
  };
}
