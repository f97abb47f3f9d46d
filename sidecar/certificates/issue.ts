import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { messageOf } from '../lib/errors';
import { Certificate } from './certificate';
import { CertificateError } from './certificate-error';
import { CordaRole } from './corda-roles';
import { contextTag, readBitString, readDer, sequenceOf, Tag } from './der';
import {
  der,
  derBits,
  derBoolean,
  derExplicit,
  derFlags,
  derInteger,
  derNull,
  derOctets,
  derOid,
  derSequence,
  derTime,
} from './der-writer';
import { ExtensionOid, KEY_USAGES } from './extensions';
import type { KeyUsage } from './extensions';
import { KeyError } from './key-error';
import { schemeOf, SignatureAlgorithm, signatureAlgorithmOf } from './keys';
import type { SigningScheme } from './keys';
import type { X500Name } from './x500-name';

export interface KeyPair {
  readonly scheme: SigningScheme;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** PKCS#8 PEM, unprotected. */
  readonly privateKey: string;
}

/** What a new certificate is to say. Its extensions appear only where something is asked for. */
export interface CertificateRequest {
  readonly subject: X500Name;
  /** SubjectPublicKeyInfo, DER; of any kind, composite ones too. */
  readonly subjectKey: Uint8Array;
  /** Who signs: PKCS#8 PEM, and the issuer's certificate; without it the certificate is self-signed. */
  readonly issuer: { readonly privateKey: string; readonly certificate?: Certificate };
  /** Milliseconds since the epoch; fractions of a second are cut. */
  readonly validity: { readonly notBefore: number; readonly notAfter: number };
  /** From 1 to 2^159 - 1. */
  readonly serial: bigint;
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly keyUsage?: readonly KeyUsage[];
  /** Object identifiers (`Purpose`). */
  readonly extendedKeyUsage?: readonly string[];
  readonly nameConstraints?: { readonly permitted?: readonly X500Name[]; readonly excluded?: readonly X500Name[] };
  readonly cordaRole?: CordaRole;
  readonly netscapeComment?: string;
}

/** A new key: RSA with 3072 bits, the others as their names say. */
export function generateKeyPair(scheme: SigningScheme): KeyPair {
  const { publicKey, privateKey } = generate(scheme);
  return {
    scheme,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

function generate(scheme: SigningScheme): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (scheme) {
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    case 'secp256k1':
      return generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 3072 });
  }
}

/** Signs a certificate. Throws CertificateError CERTIFICATE_NOT_ISSUABLE for a request that contradicts itself, KeyError. */
export function issueCertificate(request: CertificateRequest): Certificate {
  checkRequest(request);
  const key = readPrivateKey(request.issuer.privateKey);
  const algorithm = algorithmIdentifier(signatureAlgorithmOf(schemeOf(key)));
  const issuer = request.issuer.certificate;
  const body = derSequence(
    derExplicit(0, derInteger(2)),
    derInteger(request.serial),
    algorithm,
    (issuer?.subject ?? request.subject).toDer(),
    derSequence(derTime(request.validity.notBefore), derTime(request.validity.notAfter)),
    request.subject.toDer(),
    request.subjectKey,
    derExplicit(3, derSequence(...extensionsOf(request, issuer?.publicKey ?? request.subjectKey))),
  );
  const signature = sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', body, key);
  return Certificate.fromDer(derSequence(body, algorithm, derBits(signature)));
}

function checkRequest({ validity, serial, ca, pathLength }: CertificateRequest): void {
  const refuse = (why: string): CertificateError =>
    new CertificateError('CERTIFICATE_NOT_ISSUABLE', `the certificate cannot be issued: ${why}`);
  if (validity.notAfter < validity.notBefore) throw refuse('it ends before it begins');
  if (serial < 1n || serial >= 2n ** 159n) throw refuse('its serial number must be from 1 to 2^159 - 1');
  if (pathLength !== undefined && ca !== true) throw refuse('it has a path length but is not a CA');
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new KeyError('KEY_INVALID', `the issuer's private key cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** RSA asks for an explicit null, the others for nothing. */
const algorithmIdentifier = (oid: string): Uint8Array =>
  oid === SignatureAlgorithm.rsaSha256 ? derSequence(derOid(oid), derNull()) : derSequence(derOid(oid));

const keyIdentifier = (spki: Uint8Array): Uint8Array =>
  createHash('sha1')
    .update(readBitString(sequenceOf(readDer(spki), 'the key')[1], 'the key'))
    .digest();

function extensionsOf(request: CertificateRequest, issuerKey: Uint8Array): Uint8Array[] {
  const { ca = false, pathLength, keyUsage, extendedKeyUsage, nameConstraints, cordaRole, netscapeComment } = request;
  const found: (Uint8Array | false | undefined)[] = [
    extension(ExtensionOid.subjectKeyIdentifier, false, derOctets(keyIdentifier(request.subjectKey))),
    extension(
      ExtensionOid.authorityKeyIdentifier,
      false,
      derSequence(der(contextTag(0, false), keyIdentifier(issuerKey))),
    ),
    extension(ExtensionOid.basicConstraints, true, basicConstraints(ca, pathLength)),
    keyUsage && extension(ExtensionOid.keyUsage, true, derFlags(keyUsage.map((usage) => KEY_USAGES.indexOf(usage)))),
    extendedKeyUsage && extension(ExtensionOid.extendedKeyUsage, false, derSequence(...extendedKeyUsage.map(derOid))),
    nameConstraints &&
      extension(
        ExtensionOid.nameConstraints,
        true,
        derSequence(...subtrees(0, nameConstraints.permitted), ...subtrees(1, nameConstraints.excluded)),
      ),
    cordaRole && extension(ExtensionOid.cordaRole, false, derInteger(CordaRole[cordaRole])),
    netscapeComment !== undefined &&
      extension(ExtensionOid.netscapeComment, false, der(Tag.ia5String, Buffer.from(netscapeComment, 'latin1'))),
  ];
  return found.filter((value) => value instanceof Uint8Array);
}

function basicConstraints(ca: boolean, pathLength: number | undefined): Uint8Array {
  if (!ca) return derSequence();
  return pathLength === undefined
    ? derSequence(derBoolean(true))
    : derSequence(derBoolean(true), derInteger(pathLength));
}

function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return critical
    ? derSequence(derOid(oid), derBoolean(true), derOctets(value))
    : derSequence(derOid(oid), derOctets(value));
}

function subtrees(number: 0 | 1, names: readonly X500Name[] = []): Uint8Array[] {
  if (names.length === 0) return [];
  return [der(contextTag(number, true), ...names.map((name) => derSequence(derExplicit(4, name.toDer()))))];
}
