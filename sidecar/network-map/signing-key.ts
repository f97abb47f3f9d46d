import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { Certificate } from '../certificates/certificate';
import { messageOf } from '../lib/errors';

/** Why a private key cannot be used; for the caller to put into an error of its own. */
export class SigningKeyError extends Error {}

/**
 * The private key (PKCS#8, PEM) of a certificate.
 * @throws SigningKeyError when it cannot be read or is another's
 */
export function signingKeyOf(privateKey: string, certificate: Certificate): KeyObject {
  const name = certificate.subject.toCorda();
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKey);
  } catch (cause) {
    throw new SigningKeyError(`the private key for ${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (createPublicKey(key).export({ format: 'der', type: 'spki' }).equals(certificate.publicKey)) return key;
  throw new SigningKeyError(`the private key for ${name} is not that of its certificate`);
}

/** Signs bytes as `verifySignature` verifies them: Ed25519, ECDSA (DER) or RSA PKCS#1 v1.5, these with SHA-256. */
export function signBytes(key: KeyObject, bytes: Uint8Array): Buffer {
  return sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, key);
}
