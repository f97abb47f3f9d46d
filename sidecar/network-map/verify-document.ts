import { Certificate } from '../certificates/certificate';
import { verifyCordaChain } from '../certificates/corda-roles';
import { defaultBlobLimits, type BlobLimits } from './corda-blob/limits';
import { checkSignerRole, documentOf, mapCodec, parametersCodec, refusing, type DocumentCodec } from './document-codec';
import type { NetworkMapDocument } from './network-map';
import { NetworkMapError } from './network-map-error';
import type { NetworkParametersDocument } from './network-parameters';
import type { SignedDocument } from './signed-document';
import type { Trust } from './trust';

export interface DocumentTrust extends Trust {
  /** The hash by which the document was asked for, if it was. */
  readonly hash?: string;
  /** Of its raw bytes. */
  readonly limits?: BlobLimits;
}

export interface VerifiedDocument<Document> {
  readonly document: Document;
  /** As in the signed document. */
  readonly hash: string;
  readonly signer: Certificate;
}

/**
 * Verifies a network map wholly, and reads it only then: hash, signer's chain and role, signature, content. Depends on
 * its arguments alone.
 * @throws NetworkMapError (as a rejection), with a code for each cause
 */
export function verifySignedMap(
  signed: SignedDocument<'map'>,
  trust: DocumentTrust,
): Promise<VerifiedDocument<NetworkMapDocument>> {
  return verify(mapCodec, signed, trust);
}

/**
 * The same for network parameters, which the map's signer may sign, too.
 * @throws NetworkMapError (as a rejection), with a code for each cause
 */
export function verifySignedParameters(
  signed: SignedDocument<'parameters'>,
  trust: DocumentTrust,
): Promise<VerifiedDocument<NetworkParametersDocument>> {
  return verify(parametersCodec, signed, trust);
}

/**
 * The content of a map that was not verified, to be looked at only.
 * @throws NetworkMapError MAP_FORMAT or MAP_CONTENT
 */
export function readMap(signed: SignedDocument<'map'>, limits: BlobLimits = defaultBlobLimits): NetworkMapDocument {
  return documentOf(mapCodec, signed, limits);
}

/**
 * The content of parameters that were not verified, to be looked at only.
 * @throws NetworkMapError PARAMETERS_FORMAT or PARAMETERS_CONTENT
 */
export function readParameters(
  signed: SignedDocument<'parameters'>,
  limits: BlobLimits = defaultBlobLimits,
): NetworkParametersDocument {
  return documentOf(parametersCodec, signed, limits);
}

async function verify<Document>(
  codec: DocumentCodec<Document>,
  { raw, form, hash, signature }: SignedDocument,
  trust: DocumentTrust,
): Promise<VerifiedDocument<Document>> {
  const { kind, signerRoles: roles } = codec;
  if (trust.hash !== undefined && trust.hash !== hash) {
    throw new NetworkMapError(kind, 'HASH', `its hash is ${hash}, and ${trust.hash} was asked for`);
  }
  const chain = refusing(kind, () => signature.certificates.map((der) => Certificate.fromDer(der)));
  const [signer] = chain;
  if (signer === undefined) throw new NetworkMapError(kind, 'SIGNER_CERTIFICATE', 'its signer has no certificate');
  checkSignerRole(codec, signer);
  const { roots, at } = trust;
  refusing(kind, () => verifyCordaChain({ chain, leaf: signer, roots, at, roles }));
  if (!(await signature.isBy(signer.publicKey))) {
    throw new NetworkMapError(kind, 'SIGNATURE', `its signature is not by ${signer.subject.toCorda()}`);
  }
  return { document: documentOf(codec, { raw, form }, trust.limits ?? defaultBlobLimits), hash, signer };
}
