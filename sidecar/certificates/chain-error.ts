import { NetmapError } from '../lib/errors';

export type ChainErrorCode =
  /** No certificate was given. */
  | 'CHAIN_EMPTY'
  /** More certificates than a chain can have. */
  | 'CHAIN_TOO_LONG'
  /** It cannot be told which certificate is the one to verify, or the certificates form too many paths. */
  | 'CHAIN_AMBIGUOUS'
  /** The chain ends at an issuer that is not trusted. */
  | 'CHAIN_UNKNOWN_ROOT'
  | 'CHAIN_SIGNATURE'
  /** An issuer's key is of a kind that cannot be used. */
  | 'CHAIN_KEY_UNSUPPORTED'
  | 'CHAIN_EXPIRED'
  | 'CHAIN_NOT_YET_VALID'
  | 'CHAIN_NOT_A_CA'
  | 'CHAIN_PATH_LENGTH'
  /** An issuer's key may not sign certificates. */
  | 'CHAIN_KEY_USAGE'
  /** The certificate may not be used for what it is presented for. */
  | 'CHAIN_PURPOSE'
  /** A certificate carries a name that an issuer above it may not give. */
  | 'CHAIN_NAME_CONSTRAINT'
  /** A critical name constraint is of a form that is not understood. */
  | 'CHAIN_NAME_CONSTRAINT_UNSUPPORTED'
  | 'CHAIN_CRITICAL_EXTENSION'
  /** A Corda role is missing, unknown, issued by the wrong role, or not the one that was asked for. */
  | 'CHAIN_ROLE'
  /** A certificate issued by a node carries another name than the node's. */
  | 'CHAIN_ROLE_NAME'
  /** A node's CA could issue certificates in the name of others. */
  | 'CHAIN_NODE_CA_UNCONSTRAINED';

/** A chain of certificates that does not prove what it should. */
export class ChainError extends NetmapError<ChainErrorCode> {}
