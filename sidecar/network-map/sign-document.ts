import type { KeyObject } from 'node:crypto';
import { FlattenedSign } from 'jose';
import type { Certificate } from '../certificates/certificate';
import { cordaObject } from './corda-values';
import type { CordaObject } from './corda-blob/corda-value';
import { encodeCordaBlob } from './corda-blob/encode';
import { checkSignerRole, mapCodec, parametersCodec, rawOf, type DocumentCodec } from './document-codec';
import { hashOf } from './hash';
import { jwsAlgorithmOf } from './jws';
import type { NetworkMapDocument } from './network-map';
import { NetworkMapError } from './network-map-error';
import type { NetworkParametersDocument } from './network-parameters';
import { documentTypes, type DocumentForm, type DocumentSignature } from './signed-document';
import { signBytes, SigningKeyError, signingKeyOf } from './signing-key';

/** Who signs. */
export interface DocumentSigner {
  /** PKCS#8, PEM. */
  readonly privateKey: string;
  /** The signer's own certificate first; its root may be left out. */
  readonly chain: readonly [Certificate, ...Certificate[]];
}

/** A document as it is served and kept. */
export interface SignedFile {
  /** All of it: a blob of Corda's serialization, or JSON in UTF-8. */
  readonly bytes: Buffer;
  /** What was signed, and its SHA-256 in upper-case hex; another in each form. */
  readonly raw: Uint8Array;
  readonly hash: string;
}

/**
 * Signs a network map.
 * @throws NetworkMapError (as a rejection) MAP_CONTENT, MAP_SIGNER_KEY or MAP_SIGNER_ROLE
 */
export function signMap(map: NetworkMapDocument, signer: DocumentSigner, form: DocumentForm): Promise<SignedFile> {
  return sign(mapCodec, map, signer, form);
}

/**
 * Signs network parameters.
 * @throws NetworkMapError (as a rejection) PARAMETERS_CONTENT, PARAMETERS_SIGNER_KEY or PARAMETERS_SIGNER_ROLE
 */
export function signParameters(
  parameters: NetworkParametersDocument,
  signer: DocumentSigner,
  form: DocumentForm,
): Promise<SignedFile> {
  return sign(parametersCodec, parameters, signer, form);
}

/** What of a signed document is written into its blob. */
export interface SignedParts {
  readonly raw: Uint8Array;
  readonly signature: Pick<DocumentSignature, 'bytes' | 'certificates'>;
}

/** A signed document in Corda's form, as it stands alone or in a bulk answer. */
export function signedDocumentToCorda({ raw, signature }: SignedParts): CordaObject {
  const [by, ...parents] = signature.certificates.map((encoded) =>
    cordaObject('java.security.cert.X509Certificate', { encoded }),
  );
  return cordaObject('net.corda.core.internal.SignedDataWithCert', {
    raw: cordaObject('net.corda.core.serialization.SerializedBytes<java.lang.Object>', { bytes: raw }),
    sig: cordaObject('net.corda.core.internal.DigitalSignatureWithCert', {
      by: by ?? null,
      bytes: signature.bytes,
      parentCertsChain: parents,
    }),
  });
}

async function sign<Document>(
  codec: DocumentCodec<Document>,
  document: Document,
  signer: DocumentSigner,
  form: DocumentForm,
): Promise<SignedFile> {
  const raw = rawOf(codec, document, form);
  const key = keyOf(codec, signer);
  const bytes = form === 'json' ? await signJson(codec, raw, key, signer) : signCorda(raw, key, signer);
  return { bytes, raw, hash: hashOf(raw) };
}

function keyOf(codec: DocumentCodec<unknown>, { privateKey, chain: [own] }: DocumentSigner): KeyObject {
  checkSignerRole(codec, own);
  try {
    return signingKeyOf(privateKey, own);
  } catch (cause) {
    if (!(cause instanceof SigningKeyError)) throw cause;
    throw new NetworkMapError(codec.kind, 'SIGNER_KEY', cause.message, cause.cause);
  }
}

/** Who reads it has the root. */
function signCorda(raw: Uint8Array, key: KeyObject, { chain: [own, ...above] }: DocumentSigner): Buffer {
  const certificates = [own, ...above.filter((certificate) => !certificate.isSelfIssued)].map(({ der }) => der);
  const signature = { bytes: signBytes(key, raw), certificates };
  return encodeCordaBlob(signedDocumentToCorda({ raw, signature }));
}

async function signJson(
  { kind }: DocumentCodec<unknown>,
  raw: Uint8Array,
  key: KeyObject,
  { chain }: DocumentSigner,
): Promise<Buffer> {
  const x5c = chain.map(({ der }) => Buffer.from(der).toString('base64'));
  const header = { alg: jwsAlgorithmOf(key), typ: documentTypes[kind], x5c };
  const jws = await new FlattenedSign(raw).setProtectedHeader(header).sign(key);
  return Buffer.from(`${JSON.stringify(jws)}\n`);
}
