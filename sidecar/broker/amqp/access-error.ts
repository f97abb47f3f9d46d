import { NetmapError } from '../../lib/errors';

/**
 * Why an AMQP endpoint could not be used:
 * - ACCESS_UNREACHABLE: no TCP connection, or it was lost
 * - ACCESS_TLS: the TLS handshake failed; usually the other side does not accept our certificate
 * - ACCESS_WRONG_PEER: whoever answers has not the certificate that we expect
 * - ACCESS_LOGIN: user, password or certificate is not accepted
 * - ACCESS_REFUSED: logged in, but the link is refused (no permission, or no such address)
 * - ACCESS_TIMEOUT: no answer in time
 */
export type AccessErrorCode =
  'ACCESS_UNREACHABLE' | 'ACCESS_TLS' | 'ACCESS_WRONG_PEER' | 'ACCESS_LOGIN' | 'ACCESS_REFUSED' | 'ACCESS_TIMEOUT';

export class AccessError extends NetmapError<AccessErrorCode> {}
