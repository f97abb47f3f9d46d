import { NetmapError } from '../lib/errors';

export type CertificateErrorCode =
  /** The text holds no certificate, or one whose PEM block is damaged. */
  | 'CERTIFICATE_PEM'
  /** The bytes are not an X.509 certificate. */
  | 'CERTIFICATE_INVALID'
  /** Larger than any certificate that this product reads. */
  | 'CERTIFICATE_TOO_LARGE'
  /** A certificate was asked for that contradicts itself. */
  | 'CERTIFICATE_NOT_ISSUABLE';

export class CertificateError extends NetmapError<CertificateErrorCode> {}
