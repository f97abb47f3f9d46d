import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import bs58 from 'bs58';
import { messageOf } from '../lib/errors';
import { readDer, readOid, sequenceOf } from './der';
import { KeyError } from './key-error';

/** Kinds of public keys; a composite one is a threshold over others (parseCompositeKey). */
export type KeyScheme = SigningScheme | 'composite';
/** Kinds of keys that sign by themselves. */
export type SigningScheme = 'ed25519' | 'p256' | 'secp256k1' | 'rsa';

/** Object identifiers of the signature algorithms in use. */
export const SignatureAlgorithm = {
  ed25519: '1.3.101.112',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  rsaSha256: '1.2.840.113549.1.1.11',
} as const;

export const COMPOSITE_KEY_OID = '2.25.30086077608615255153862931087626791002';

const ALGORITHM_OF: Record<SigningScheme, string> = {
  ed25519: SignatureAlgorithm.ed25519,
  p256: SignatureAlgorithm.ecdsaSha256,
  secp256k1: SignatureAlgorithm.ecdsaSha256,
  rsa: SignatureAlgorithm.rsaSha256,
};

/** The one signature algorithm (object identifier) that a kind of key is used with. */
export const signatureAlgorithmOf = (scheme: SigningScheme): string => ALGORITHM_OF[scheme];

const SMALLEST_RSA = 2048;
const LARGEST_RSA = 16384;

/** The kind of a SubjectPublicKeyInfo. Throws KeyError KEY_INVALID or KEY_UNSUPPORTED. */
export function keySchemeOf(spki: Uint8Array): KeyScheme {
  return isCompositeKey(spki) ? 'composite' : readPublicKey(spki).scheme;
}

/** Whether a SubjectPublicKeyInfo is one of Corda's composite keys. Throws KeyError KEY_INVALID. */
export function isCompositeKey(spki: Uint8Array): boolean {
  try {
    const [algorithm] = sequenceOf(readDer(spki), 'the key');
    return (
      readOid(sequenceOf(algorithm, 'the algorithm of the key')[0], 'the algorithm of the key') === COMPOSITE_KEY_OID
    );
  } catch (cause) {
    throw new KeyError('KEY_INVALID', `the bytes are not a public key: ${messageOf(cause)}`, { cause });
  }
}

export interface PublicKey {
  readonly key: KeyObject;
  readonly scheme: SigningScheme;
}

/** Keys that were read last, by their bytes: reading one takes longer than its use, and all chains share their upper end. */
const recent = new Map<string, PublicKey>();
const MOST_RECENT = 64;

/** Reads a key that signs by itself. Throws KeyError. */
export function readPublicKey(spki: Uint8Array): PublicKey {
  const name = Buffer.from(spki).toString('latin1');
  const known = recent.get(name) ?? parsePublicKey(spki);
  recent.delete(name);
  recent.set(name, known);
  if (recent.size > MOST_RECENT) recent.delete(recent.keys().next().value ?? '');
  return known;
}

function parsePublicKey(spki: Uint8Array): PublicKey {
  if (isCompositeKey(spki))
    throw new KeyError('KEY_UNSUPPORTED', 'a composite key does not sign by itself, its parts do');
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new KeyError('KEY_INVALID', `the bytes are not a public key: ${messageOf(cause)}`, { cause });
  }
  return { key, scheme: schemeOf(key) };
}

/** The kind of a key, public or private. Throws KeyError KEY_UNSUPPORTED. */
export function schemeOf(key: KeyObject): SigningScheme {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519';
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return 'p256';
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'secp256k1') return 'secp256k1';
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= SMALLEST_RSA && modulusLength <= LARGEST_RSA) return 'rsa';
  const found = [key.asymmetricKeyType, namedCurve, modulusLength > 0 ? `${modulusLength} bits` : undefined];
  throw new KeyError('KEY_UNSUPPORTED', `a key of this kind is not supported: ${found.filter(Boolean).join(' ')}`, {
    remedy: `use Ed25519, ECDSA over P-256 or secp256k1, or RSA of ${SMALLEST_RSA} to ${LARGEST_RSA} bits`,
  });
}

/**
 * Whether `signature` over `data` was made with the key: Ed25519, ECDSA with SHA-256 (DER signature) or RSA PKCS#1
 * v1.5 with SHA-256, as the key's kind asks. An algorithm (object identifier) that does not belong to the key gives
 * false. Throws KeyError for a key that cannot be used.
 */
export function verifySignature(
  spki: Uint8Array,
  algorithm: string | undefined,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { key, scheme } = readPublicKey(spki);
  if (algorithm !== undefined && algorithm !== signatureAlgorithmOf(scheme)) return false;
  return verify(scheme === 'ed25519' ? null : 'sha256', data, key, signature);
}

/** "DL" + base58(SHA-256(SubjectPublicKeyInfo)): the id that queues and addresses of an identity are named after. */
export function identityId(spki: Uint8Array): string {
  return `DL${bs58.encode(createHash('sha256').update(spki).digest())}`;
}
