import { createHash } from 'node:crypto';
import type { Certificate } from '../certificates/certificate';
import { contextTag, DerError, expectTag, readBitString, readDer, sequenceOf, Tag } from '../certificates/der';
import { ExtensionOid, readExtensions } from '../certificates/extensions';
import type { Extension } from '../certificates/extensions';
import { readPublicKey, verifySignature } from '../certificates/keys';
import { KeyError } from '../certificates/key-error';

/** Every extension of a certificate by its object identifier, with its critical flag. */
export function extensionsOf(certificate: Certificate): ReadonlyMap<string, Extension> {
  const fields = sequenceOf(readDer(certificate.signedBytes), 'the body of the certificate');
  const wrapper = fields.find((field) => field.tag === contextTag(3, true));
  return readExtensions(wrapper && readDer(wrapper.content));
}

/** How certificates name a key: SHA-1 over the bits of its SubjectPublicKeyInfo. */
export const keyIdentifier = (spki: Uint8Array): Buffer =>
  createHash('sha1')
    .update(readBitString(sequenceOf(readDer(spki), 'the key')[1], 'the key'))
    .digest();

/** What is wrong with the subject key identifier, or undefined. */
export function subjectKeyIdentifierFault(certificate: Certificate): string | undefined {
  return identifierFault(certificate, ExtensionOid.subjectKeyIdentifier, certificate.publicKey, 'subject', (value) =>
    expectTag(value, Tag.octetString, 'the identifier'),
  );
}

/** What is wrong with the identifier of the issuer's key, or undefined. */
export function authorityKeyIdentifierFault(certificate: Certificate, issuerKey: Uint8Array): string | undefined {
  return identifierFault(certificate, ExtensionOid.authorityKeyIdentifier, issuerKey, 'authority', (value) =>
    expectTag(sequenceOf(value, 'the identifier')[0], contextTag(0, false), 'the identifier'),
  );
}

function identifierFault(
  certificate: Certificate,
  oid: string,
  key: Uint8Array,
  whose: string,
  read: (value: ReturnType<typeof readDer>) => { readonly content: Uint8Array },
): string | undefined {
  const extension = extensionsOf(certificate).get(oid);
  if (extension === undefined) return `it has no ${whose} key identifier`;
  try {
    const isRight = keyIdentifier(key).equals(read(readDer(extension.value)).content);
    return isRight ? undefined : `its ${whose} key identifier is that of another key`;
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    return `its ${whose} key identifier cannot be read: ${cause.message}`;
  }
}

const SMALLEST_BITS = 2048;
const LARGEST_BITS = 8192;
const SMALLEST_EXPONENT = 65_537n;

/** What is wrong with a root's key, or undefined: with a small exponent, say, anybody could sign. */
export function rootKeyFault(spki: Uint8Array): string | undefined {
  try {
    const { key, scheme } = readPublicKey(spki);
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    if (scheme !== 'rsa') return `its key is of the kind ${scheme}, not RSA`;
    if (modulusLength < SMALLEST_BITS || modulusLength > LARGEST_BITS) return `its key has ${modulusLength} bits`;
    return publicExponent < SMALLEST_EXPONENT ? `the exponent of its key is ${publicExponent}` : undefined;
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    return cause.message;
  }
}

/** Whether a certificate was signed (SHA-256 with RSA) with the key. */
export const isSignedBy = (certificate: Certificate, spki: Uint8Array): boolean =>
  verifySignature(spki, certificate.signatureAlgorithm, certificate.signedBytes, certificate.signature);

/** What is wrong with the time of a certificate at `at`, or undefined. */
export function validityFault({ notBefore, notAfter }: Certificate, at: number): string | undefined {
  if (at < notBefore) return `it is valid from ${new Date(notBefore).toISOString()} only`;
  return at > notAfter ? `it expired on ${new Date(notAfter).toISOString()}` : undefined;
}

/** What is wrong with its basic constraints, or undefined. */
export function caFault(certificate: Certificate): string | undefined {
  if (certificate.basicConstraints === undefined) return 'it has no basic constraints';
  if (!certificate.isCa) return 'its basic constraints say that it is not a CA';
  const isCritical = extensionsOf(certificate).get(ExtensionOid.basicConstraints)?.critical === true;
  return isCritical ? undefined : 'its basic constraints are not critical';
}

/** What is wrong with its key usage, or undefined. */
export function signingUsageFault(certificate: Certificate): string | undefined {
  if (certificate.keyUsage === undefined) return 'it has no key usage';
  if (!certificate.keyUsage.includes('keyCertSign')) return 'its key usage does not allow to sign certificates';
  return extensionsOf(certificate).get(ExtensionOid.keyUsage)?.critical === true
    ? undefined
    : 'its key usage is not critical';
}

/** What is wrong with its other critical extensions, or undefined. */
export const unknownCriticalFault = ({ unknownCritical: [oid] }: Certificate): string | undefined =>
  oid === undefined ? undefined : `it has the critical extension ${oid}, which is not understood`;
