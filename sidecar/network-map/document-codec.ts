import type { Certificate } from '../certificates/certificate';
import { CertificateError } from '../certificates/certificate-error';
import { ChainError } from '../certificates/chain-error';
import { cordaRoleOf, type CordaRole } from '../certificates/corda-roles';
import { X500NameError } from '../certificates/x500-name-error';
import { checkMap } from './check-map';
import { checkParameters } from './check-parameters';
import type { CordaObject, CordaValue } from './corda-blob/corda-value';
import { decodeCordaBlob } from './corda-blob/decode';
import { encodeCordaBlob } from './corda-blob/encode';
import { CordaBlobError } from './corda-blob/errors';
import type { BlobLimits } from './corda-blob/limits';
import { JsonFormError } from './json-form';
import { mapFromCorda, mapToCorda } from './map-blob';
import { mapFromJson, mapToJson } from './map-json';
import type { NetworkMapDocument } from './network-map';
import { NetworkMapError, type DocumentKind, type NetworkMapProblem } from './network-map-error';
import type { NetworkParametersDocument } from './network-parameters';
import { parametersFromCorda, parametersToCorda } from './parameters-blob';
import { parametersFromJson, parametersToJson } from './parameters-json';
import type { DocumentForm } from './signed-document';

/** What there is to know of one kind of document to sign, read and verify it. */
export interface DocumentCodec<Document> {
  readonly kind: DocumentKind;
  /** Roles of the certificates that may sign it. */
  readonly signerRoles: readonly CordaRole[];
  /** Gives a document back when its values are ones that a network can have; else throws NetworkMapError …_CONTENT. */
  check(document: Document): Document;
  readonly corda: { read(value: CordaValue): Document; write(document: Document): CordaObject };
  readonly json: { read(raw: Uint8Array): Document; write(document: Document): Uint8Array };
}

export const mapCodec: DocumentCodec<NetworkMapDocument> = {
  kind: 'map',
  signerRoles: ['NETWORK_MAP'],
  check: checkMap,
  corda: { read: mapFromCorda, write: mapToCorda },
  json: { read: mapFromJson, write: mapToJson },
};

export const parametersCodec: DocumentCodec<NetworkParametersDocument> = {
  kind: 'parameters',
  signerRoles: ['NETWORK_PARAMETERS', 'NETWORK_MAP'],
  check: checkParameters,
  corda: { read: parametersFromCorda, write: parametersToCorda },
  json: { read: parametersFromJson, write: parametersToJson },
};

/**
 * Checks the role alone; who trusts the certificate has to verify its chain.
 * @throws NetworkMapError …_SIGNER_ROLE
 */
export function checkSignerRole({ kind, signerRoles }: DocumentCodec<unknown>, signer: Certificate): void {
  const role = refusing(kind, () => cordaRoleOf(signer));
  if (role !== undefined && signerRoles.includes(role)) return;
  const reason = `the certificate of ${signer.subject.toCorda()} has not the role ${signerRoles.join(' or ')}`;
  throw new NetworkMapError(kind, 'SIGNER_ROLE', reason);
}

/**
 * The document that raw bytes state.
 * @throws NetworkMapError …_FORMAT or …_CONTENT
 */
export function documentOf<Document>(
  codec: DocumentCodec<Document>,
  { raw, form }: { readonly raw: Uint8Array; readonly form: DocumentForm },
  limits: BlobLimits,
): Document {
  const read = (): Document =>
    form === 'json' ? codec.json.read(raw) : codec.corda.read(decodeCordaBlob(raw, limits));
  return codec.check(refusing(codec.kind, read));
}

/**
 * The raw bytes that state a document, to be signed.
 * @throws NetworkMapError …_CONTENT
 */
export function rawOf<Document>(codec: DocumentCodec<Document>, document: Document, form: DocumentForm): Uint8Array {
  codec.check(document);
  const write = (): Uint8Array =>
    form === 'json' ? codec.json.write(document) : encodeCordaBlob(codec.corda.write(document));
  return refusing(codec.kind, write, 'CONTENT');
}

/** Runs what may refuse a part of a document, and makes its error a NetworkMapError; `format` is for one of its form. */
export function refusing<Result>(kind: DocumentKind, run: () => Result, format: NetworkMapProblem = 'FORMAT'): Result {
  try {
    return run();
  } catch (cause) {
    const problem = problemOf(cause, format);
    if (problem === undefined) throw cause;
    throw new NetworkMapError(kind, problem, (cause as Error).message, cause);
  }
}

function problemOf(cause: unknown, format: NetworkMapProblem): NetworkMapProblem | undefined {
  if (cause instanceof CertificateError) return 'SIGNER_CERTIFICATE';
  if (cause instanceof ChainError) return cause.code === 'CHAIN_ROLE' ? 'SIGNER_ROLE' : 'CHAIN';
  if (cause instanceof X500NameError) return 'CONTENT';
  return cause instanceof CordaBlobError || cause instanceof JsonFormError ? format : undefined;
}
