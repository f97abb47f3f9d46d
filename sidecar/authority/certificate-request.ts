import { createPrivateKey, sign } from 'node:crypto';
import { contextTag, DerError, expectTag, readBitString, readCount, readDer, readOid } from '../certificates/der';
import { sequenceOf, Tag } from '../certificates/der';
import { der, derBits, derBoolean, derFlags, derInteger, derNull } from '../certificates/der-writer';
import { derOctets, derOid, derSequence, derSet } from '../certificates/der-writer';
import { ExtensionOid, KEY_USAGES } from '../certificates/extensions';
import { SignatureAlgorithm } from '../certificates/keys';
import { encodePem } from '../certificates/pem';
import { X500Name } from '../certificates/x500-name';
import { X500NameError } from '../certificates/x500-name-error';
import { keyIdentifier } from './certificate-fields';

/** A PKCS#10 certificate signing request, read; nothing of it is verified. */
export interface SigningRequest {
  readonly subject: X500Name;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Object identifier of the algorithm, the bytes that are signed, and the signature over them. */
  readonly signatureAlgorithm: string;
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
}

const LABEL = 'CERTIFICATE REQUEST';
const BLOCK =
  /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]*)-----END (?:NEW )?CERTIFICATE REQUEST-----/;
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

/** Reads the one request of a PEM text; `refuse` makes the error for anything else. */
export function readSigningRequest(pem: string, refuse: (why: string, cause?: unknown) => Error): SigningRequest {
  const body = BLOCK.exec(pem)?.[1]?.replace(/\s+/g, '');
  const blocks = pem.match(/-----BEGIN [^-]*-----/g)?.length ?? 0;
  if (body === undefined || blocks !== 1) throw refuse('not one certificate signing request in PEM');
  try {
    return parse(Buffer.from(body, 'base64'));
  } catch (cause) {
    if (!(cause instanceof DerError || cause instanceof X500NameError)) throw cause;
    throw refuse(`not a certificate signing request: ${cause.message}`, cause);
  }
}

function parse(bytes: Uint8Array): SigningRequest {
  const [info, algorithm, signature] = sequenceOf(readDer(bytes), 'the request');
  const [version, subject, spki] = sequenceOf(info, 'the body of the request');
  if (readCount(version, 'the version') !== 0) throw new DerError('its version is not 1');
  return {
    subject: X500Name.fromDer(expectTag(subject, Tag.sequence, 'the subject').bytes),
    publicKey: expectTag(spki, Tag.sequence, 'the public key').bytes,
    signatureAlgorithm: readOid(sequenceOf(algorithm, 'the algorithm')[0], 'the algorithm'),
    signedBytes: expectTag(info, Tag.sequence, 'the body of the request').bytes,
    signature: readBitString(signature, 'the signature'),
  };
}

/**
 * The request (PEM) that stands beside a root in its info bundle: it asks for a CA without further CAs below it, which
 * is what a peer certificate is. `key` is the root's: PKCS#8 PEM, unprotected, and SubjectPublicKeyInfo.
 */
export function createSigningRequest(
  subject: X500Name,
  key: { readonly publicKey: Uint8Array; readonly privateKey: string },
): string {
  const usage = (['keyCertSign', 'cRLSign'] as const).map((one) => KEY_USAGES.indexOf(one));
  const extensions = derSequence(
    wanted(ExtensionOid.basicConstraints, derSequence(derBoolean(true), derInteger(0)), true),
    wanted(ExtensionOid.keyUsage, derFlags(usage), true),
    wanted(ExtensionOid.subjectKeyIdentifier, derOctets(keyIdentifier(key.publicKey)), false),
  );
  const attributes = der(contextTag(0, true), derSequence(derOid(EXTENSION_REQUEST), derSet(extensions)));
  const body = derSequence(derInteger(0), subject.toDer(), key.publicKey, attributes);
  const algorithm = derSequence(derOid(SignatureAlgorithm.rsaSha256), derNull());
  const signature = sign('sha256', body, createPrivateKey(key.privateKey));
  return encodePem(LABEL, derSequence(body, algorithm, derBits(signature)));
}

const wanted = (oid: string, value: Uint8Array, critical: boolean): Uint8Array =>
  derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctets(value));
