import type { Certificate } from '../certificates/certificate';

/** A private key and the certificates that say whose it is. */
export interface Credential {
  /** PKCS#8, PEM. */
  readonly privateKey: string;
  /** The key's own certificate first, the root last. */
  readonly chain: readonly [Certificate, ...Certificate[]];
}

/** The certificates of a chain as PEM, one after the other. */
export function chainPem(chain: readonly Certificate[]): string {
  return chain.map((certificate) => certificate.pem()).join('');
}
