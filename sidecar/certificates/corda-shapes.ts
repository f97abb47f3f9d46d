import type { CordaRole } from './corda-roles';
import { Purpose } from './extensions';
import type { CertificateRequest } from './issue';
import type { X500Name } from './x500-name';

/** The part of a certificate that follows from its role. */
export type CertificateShape = Pick<
  CertificateRequest,
  'ca' | 'keyUsage' | 'extendedKeyUsage' | 'nameConstraints' | 'cordaRole'
>;

const CA_USAGE = ['digitalSignature', 'keyCertSign', 'cRLSign'] as const;

/**
 * What a certificate of a Corda network looks like, by its role ("ROOT" for the network's root). Unlike Corda's own,
 * CAs carry no extended key usage: OpenSSL takes it as a limit on what they issue, and refuses such chains for TLS.
 */
export function cordaShape(role: CordaRole | 'ROOT', subject: X500Name): CertificateShape {
  switch (role) {
    case 'ROOT':
      return { ca: true, keyUsage: CA_USAGE };
    case 'DOORMAN_CA':
      return { ca: true, keyUsage: CA_USAGE, cordaRole: role };
    case 'NODE_CA':
      return { ca: true, keyUsage: CA_USAGE, nameConstraints: { permitted: [subject] }, cordaRole: role };
    case 'LEGAL_IDENTITY':
      return {
        ca: true,
        keyUsage: ['digitalSignature', 'keyCertSign'],
        nameConstraints: { permitted: [subject] },
        cordaRole: role,
      };
    case 'TLS':
      return {
        keyUsage: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
        extendedKeyUsage: [Purpose.serverAuth, Purpose.clientAuth],
        cordaRole: role,
      };
    case 'SERVICE_IDENTITY':
    case 'CONFIDENTIAL_LEGAL_IDENTITY':
    case 'NETWORK_MAP':
    case 'NETWORK_PARAMETERS':
      return { keyUsage: ['digitalSignature'], cordaRole: role };
  }
}
