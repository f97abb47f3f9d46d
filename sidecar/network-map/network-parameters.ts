import type { X500Name } from '../certificates/x500-name';
import type { Instant } from './instant';

/** The rules that every node of a network follows. */
export interface NetworkParametersDocument {
  /** The least platform version that a node may have; from 1. */
  readonly minimumPlatformVersion: number;
  readonly notaries: readonly NotaryInfo[];
  /** Bytes; from 1, as all sizes and the epoch. */
  readonly maxMessageSize: number;
  readonly maxTransactionSize: number;
  readonly modifiedTime: Instant;
  /** Grows with each change of the parameters. */
  readonly epoch: number;
  /** Contract classes and the attachments (SHA-256, upper-case hex) that may hold them. */
  readonly whitelistedContractImplementations: ReadonlyMap<string, readonly string[]>;
  /** Milliseconds that a node may be silent before it is evicted. */
  readonly eventHorizon: number;
  /** Java packages and the keys (SubjectPublicKeyInfo, DER) whose holders alone may sign code in them. */
  readonly packageOwnership: ReadonlyMap<string, Uint8Array>;
}

export interface NotaryInfo {
  readonly name: X500Name;
  /** SubjectPublicKeyInfo, DER; composite for a notary of several nodes. */
  readonly publicKey: Uint8Array;
  readonly validating: boolean;
}
