import type { X500Name } from '../certificates/x500-name';

/** Who holds a key: the node itself, or a service that several nodes may share. */
export type IdentityRole = 'legal' | 'service';

/** A name bound to a key by the network's certificates. */
export interface Identity {
  /** How queues and addresses are named after it: "DL" + base58(SHA-256(SPKI)); a Swaptacular node's own ID. */
  readonly id: string;
  readonly name: X500Name;
  /** SubjectPublicKeyInfo, DER; composite keys in Corda's own encoding. */
  readonly publicKey: Uint8Array;
  readonly role: IdentityRole;
}

/** A host name or address (IPv6 without brackets) and a port from 1 to 65535. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}
