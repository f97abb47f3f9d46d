import { base64url } from 'jose';
import { verifySignature } from '../certificates/keys';
import type { CordaObject, CordaValue } from './corda-blob/corda-value';
import { decodeCordaBlob } from './corda-blob/decode';
import { CordaBlobError } from './corda-blob/errors';
import { bytesField, fieldOf, listOf, objectOf } from './corda-blob/fields';
import { defaultBlobLimits, type BlobLimits } from './corda-blob/limits';
import { isCordaBlob } from './corda-blob/sections';
import { hashOf } from './hash';
import { JsonFormError, readJson } from './json-form';
import { headerValidator, isFlattenedJws, isJwsBy } from './jws';
import { NetworkMapError, type DocumentKind } from './network-map-error';

/** Corda's serialization, or a JWS in Flattened JSON Serialization whose payload is JSON. */
export type DocumentForm = 'corda' | 'json';

/** A network map or network parameters as they come: nothing is verified, and the content not even read. */
export interface SignedDocument<Kind extends DocumentKind = DocumentKind> {
  readonly kind: Kind;
  readonly form: DocumentForm;
  /** The bytes that state it and are signed. */
  readonly raw: Uint8Array;
  /** SHA-256 of `raw`, upper-case hex. */
  readonly hash: string;
  readonly signature: DocumentSignature;
}

export interface DocumentSignature {
  readonly bytes: Uint8Array;
  /** DER, the signer's own first, then any that lead to the root. */
  readonly certificates: readonly Uint8Array[];
  /** Whether the holder of this key (SubjectPublicKeyInfo, DER) made the signature over `raw`; never rejects. */
  isBy(publicKey: Uint8Array): Promise<boolean>;
}

/** The `typ` of each document's signature in JSON. */
export const documentTypes: Record<DocumentKind, string> = {
  map: 'networkmap+jws',
  parameters: 'networkparameters+jws',
};
const isHeader = { map: headerValidator(documentTypes.map), parameters: headerValidator(documentTypes.parameters) };

/**
 * Reads a signed network map in either form, told apart by its first bytes.
 * @throws NetworkMapError MAP_FORMAT
 */
export function readSignedMap(bytes: Uint8Array, limits: BlobLimits = defaultBlobLimits): SignedDocument<'map'> {
  return readSigned('map', bytes, limits);
}

/**
 * Reads signed network parameters in either form, told apart by their first bytes.
 * @throws NetworkMapError PARAMETERS_FORMAT
 */
export function readSignedParameters(
  bytes: Uint8Array,
  limits: BlobLimits = defaultBlobLimits,
): SignedDocument<'parameters'> {
  return readSigned('parameters', bytes, limits);
}

/**
 * A signed document in Corda's form from an object that was decoded already.
 * @throws CordaBlobError
 */
export function signedDocumentOf<Kind extends DocumentKind>(kind: Kind, value: CordaValue): SignedDocument<Kind> {
  const signed = objectOf(value, 'net.corda.core.internal.SignedDataWithCert');
  const serialized = objectOf(fieldOf(signed, 'raw'), 'net.corda.core.serialization.SerializedBytes');
  const signature = objectOf(fieldOf(signed, 'sig'), 'net.corda.core.internal.DigitalSignatureWithCert');
  const raw = bytesField(serialized, 'bytes');
  const bytes = bytesField(signature, 'bytes');
  return {
    kind,
    form: 'corda',
    raw,
    hash: hashOf(raw),
    signature: {
      bytes,
      certificates: [fieldOf(signature, 'by'), ...parentsOf(signature)].map(certificateOf),
      async isBy(publicKey) {
        try {
          return verifySignature(publicKey, undefined, raw, bytes);
        } catch {
          return false;
        }
      },
    },
  };
}

function readSigned<Kind extends DocumentKind>(
  kind: Kind,
  bytes: Uint8Array,
  limits: BlobLimits,
): SignedDocument<Kind> {
  try {
    if (isCordaBlob(bytes)) return signedDocumentOf(kind, decodeCordaBlob(bytes, limits));
    if (bytes.length <= limits.maxBytes) return readJws(kind, bytes);
  } catch (cause) {
    if (!(cause instanceof CordaBlobError || cause instanceof JsonFormError)) throw cause;
    throw new NetworkMapError(kind, 'FORMAT', cause.message, cause);
  }
  throw new NetworkMapError(kind, 'FORMAT', `it has ${bytes.length} bytes, of at most ${limits.maxBytes}`);
}

function readJws<Kind extends DocumentKind>(kind: Kind, bytes: Uint8Array): SignedDocument<Kind> {
  const { payload, ...signature } = readJson(bytes, isFlattenedJws, 'the document');
  const header = readJson(base64url.decode(signature.protected), isHeader[kind], 'the protected header');
  const raw = base64url.decode(payload);
  return {
    kind,
    form: 'json',
    raw,
    hash: hashOf(raw),
    signature: {
      bytes: base64url.decode(signature.signature),
      certificates: header.x5c.map((certificate) => Buffer.from(certificate, 'base64')),
      isBy: (publicKey) => isJwsBy(payload, signature, publicKey),
    },
  };
}

/** Older versions of Corda have no such field. */
function parentsOf(signature: CordaObject): CordaValue[] {
  const parents = signature.fields.get('parentCertsChain');
  return parents === undefined ? [] : listOf(parents);
}

function certificateOf(value: CordaValue): Uint8Array {
  return bytesField(objectOf(value, 'java.security.cert.X509Certificate'), 'encoded');
}
