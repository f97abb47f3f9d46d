import { NetmapError } from '../lib/errors';

/**
 * - REVOCATION_LIST_INVALID: not a list that can be used
 * - REVOCATION_LIST_UNTRUSTED: no CA of the network has signed it
 * - REVOCATION_LIST_STALE: it should have been replaced by a newer one
 * - REVOCATION_LIST_OLDER: a newer one was seen before
 * - REVOCATION_LIST_UNREACHABLE: it could not be read or fetched
 * - CERTIFICATE_REVOKED: its issuer has revoked a certificate
 * - REVOCATION_UNKNOWN: whether a certificate is revoked is not known, and must be
 */
export type RevocationErrorCode =
  | 'REVOCATION_LIST_INVALID'
  | 'REVOCATION_LIST_UNTRUSTED'
  | 'REVOCATION_LIST_STALE'
  | 'REVOCATION_LIST_OLDER'
  | 'REVOCATION_LIST_UNREACHABLE'
  | 'CERTIFICATE_REVOKED'
  | 'REVOCATION_UNKNOWN';

export class RevocationError extends NetmapError<RevocationErrorCode> {}
