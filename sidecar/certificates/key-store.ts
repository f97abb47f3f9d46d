import { createPrivateKey } from 'node:crypto';
import { messageOf } from '../lib/errors';
import { Certificate } from './certificate';
import { CertificateError } from './certificate-error';
import { DerError } from './der';
import { isJks, readJks, unlockJksKey } from './jks';
import { KeyStoreError } from './key-store-error';
import { KeyError } from './key-error';
import { verifySignature } from './keys';
import { encodePem } from './pem';
import { readPkcs12 } from './pkcs12';

/** A private key with the certificates that go with it. */
export interface KeyEntry {
  readonly alias: string;
  /** PKCS#8 PEM, unprotected. */
  readonly privateKey: string;
  /** Leaf first, as far up as the store holds them. */
  readonly chain: readonly Certificate[];
}

export interface TrustedEntry {
  readonly alias: string;
  readonly certificate: Certificate;
}

export interface KeyStore {
  readonly keys: readonly KeyEntry[];
  readonly trusted: readonly TrustedEntry[];
}

/**
 * Reads a Java key store or trust store: JKS or PKCS#12, told apart by their first bytes. Keys of any kind that
 * OpenSSL knows (RSA, EC, Ed25519) are given as PEM. Not read: JCEKS, BKS, and secret keys. `keyPassword` is for JKS
 * stores whose keys have a password of their own. Throws KeyStoreError.
 */
export function readKeyStore(bytes: Uint8Array, password: string, keyPassword = password): KeyStore {
  try {
    return isJks(bytes) ? fromJks(bytes, password, keyPassword) : fromPkcs12(bytes, password);
  } catch (cause) {
    if (!(cause instanceof DerError || cause instanceof CertificateError)) throw cause;
    throw new KeyStoreError(
      'KEY_STORE_INVALID',
      `the key store holds something that cannot be read: ${cause.message}`,
      { cause },
    );
  }
}

function fromJks(bytes: Uint8Array, password: string, keyPassword: string): KeyStore {
  const keys: KeyEntry[] = [];
  const trusted: TrustedEntry[] = [];
  for (const { alias, protectedKey, certificates } of readJks(bytes, password)) {
    const [first, ...rest] = certificates.map((der) => Certificate.fromDer(der));
    if (protectedKey !== undefined) {
      const privateKey = keyPem(alias, unlockJksKey(protectedKey, keyPassword));
      keys.push({ alias, privateKey, chain: first === undefined ? [] : [first, ...rest] });
    } else if (first !== undefined) {
      trusted.push({ alias, certificate: first });
    }
  }
  return { keys, trusted };
}

function fromPkcs12(bytes: Uint8Array, password: string): KeyStore {
  const { entries, others } = readPkcs12(bytes, password);
  const issuers = [...others, ...entries.flatMap((entry) => entry.certificate ?? [])].map((der) =>
    Certificate.fromDer(der),
  );
  const keys: KeyEntry[] = [];
  const trusted: TrustedEntry[] = [];
  for (const { alias, key, certificate } of entries) {
    const own = certificate && Certificate.fromDer(certificate);
    if (key !== undefined)
      keys.push({ alias, privateKey: keyPem(alias, key), chain: own ? chainOf(own, issuers) : [] });
    else if (own !== undefined) trusted.push({ alias, certificate: own });
  }
  return { keys, trusted };
}

/** PKCS#12 keeps the issuers in no order: they are found again by name and signature. */
function chainOf(leaf: Certificate, issuers: readonly Certificate[]): Certificate[] {
  const chain = [leaf];
  for (let last: Certificate | undefined = leaf; last !== undefined;) {
    const current: Certificate = last;
    last = issuers.find((one) => !chain.some((known) => known.equals(one)) && isIssuer(one, current));
    if (last !== undefined) chain.push(last);
  }
  return chain;
}

function isIssuer(issuer: Certificate, one: Certificate): boolean {
  if (!one.issuer.matches(issuer.subject)) return false;
  try {
    return verifySignature(issuer.publicKey, one.signatureAlgorithm, one.signedBytes, one.signature);
  } catch (error) {
    if (error instanceof KeyError) return false;
    throw error;
  }
}

/** PKCS#8 as OpenSSL writes it: Java's own files put further attributes in, and other readers stumble over them. */
function keyPem(alias: string, der: Uint8Array): string {
  try {
    const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
    return encodePem('PRIVATE KEY', key.export({ format: 'der', type: 'pkcs8' }));
  } catch (cause) {
    throw new KeyStoreError(
      'KEY_STORE_UNSUPPORTED',
      `the key ${alias} of the key store cannot be read: ${messageOf(cause)}`,
      { cause },
    );
  }
}
