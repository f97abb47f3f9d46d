import type { KeyObject } from 'node:crypto';
import { readPublicKey } from '../certificates/keys';
import { flattenedVerify } from 'jose';
import { base64UrlText, validatorOf } from './json-form';

const algorithms = ['EdDSA', 'ES256', 'ES256K', 'RS256'] as const;
export type JwsAlgorithm = (typeof algorithms)[number];

/** One signature of a JWS in JSON Serialization (RFC 7515). */
export interface JwsSignature {
  readonly protected: string;
  readonly signature: string;
}

export interface ProtectedHeader {
  readonly alg: JwsAlgorithm;
  /** Certificates, DER in base64, the signer's own first. */
  readonly x5c: readonly string[];
}

/** JSON Schema of a signature's members. */
export const jwsSignatureMembers = { protected: base64UrlText, signature: base64UrlText };

/** JSON Schema of a JWS in Flattened JSON Serialization. */
export const flattenedJwsSchema = {
  type: 'object',
  required: ['payload', 'protected', 'signature'],
  additionalProperties: false,
  properties: { payload: base64UrlText, ...jwsSignatureMembers },
};

export const isFlattenedJws = validatorOf<JwsSignature & { readonly payload: string }>(flattenedJwsSchema);

/** JSON Schema of the protected header of a document of this type; its `typ` is "<type>+jws". */
export function headerSchema(typ: string) {
  return {
    type: 'object',
    required: ['alg', 'typ', 'x5c'],
    additionalProperties: false,
    properties: {
      alg: { enum: algorithms },
      typ: { const: typ },
      x5c: { type: 'array', minItems: 1, maxItems: 10, items: { type: 'string', pattern: '^[A-Za-z0-9+/]+={0,2}$' } },
    },
  };
}

/** Whether a value is such a header. */
export function headerValidator(typ: string) {
  return validatorOf<ProtectedHeader>(headerSchema(typ));
}

/** The JWS algorithm for a key, undefined where there is none that documents may use. */
export function jwsAlgorithmOf(key: KeyObject): JwsAlgorithm | undefined {
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return 'ES256';
  return curve === 'secp256k1' ? 'ES256K' : undefined;
}

/** Whether the holder of this key (SubjectPublicKeyInfo, DER) made the signature over the payload; never rejects. */
export async function isJwsBy(payload: string, signature: JwsSignature, publicKey: Uint8Array): Promise<boolean> {
  try {
    const { key } = readPublicKey(publicKey);
    const algorithm = jwsAlgorithmOf(key);
    if (algorithm === undefined) return false;
    await flattenedVerify({ payload, ...signature }, key, { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}
