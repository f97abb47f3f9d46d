import { parseCertificates } from '../certificates/certificate';
import type { Certificate } from '../certificates/certificate';
import { CertificateError } from '../certificates/certificate-error';

const BEGIN = /-----BEGIN [^-]*-----/g;

/**
 * The one certificate of a PEM text; text around the block, such as `openssl x509 -text` writes, is skipped. `refuse`
 * makes the error for anything else: other readers might take another block than we do.
 */
export function oneCertificate(text: string, refuse: (why: string, cause?: unknown) => Error): Certificate {
  const blocks = text.match(BEGIN) ?? [];
  if (blocks.length !== 1) throw refuse(`${blocks.length} PEM blocks, where one certificate should be`);
  try {
    const [certificate] = parseCertificates(text);
    if (certificate !== undefined) return certificate;
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    throw refuse(cause.message, cause);
  }
  throw refuse('no certificate');
}
