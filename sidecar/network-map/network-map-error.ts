import { NetmapError } from '../lib/errors';

/** Which of the documents that the network's operator signs. */
export type DocumentKind = 'map' | 'parameters';

/**
 * Why a network map (MAP_…) or network parameters (PARAMETERS_…) are refused:
 * - FORMAT: not such a document in a form that is known, or larger than allowed (the cause says more)
 * - HASH: not the document that was asked for by its hash
 * - SIGNER_CERTIFICATE: the signer's certificate cannot be read
 * - SIGNER_ROLE: the signer's certificate is not for signing such documents
 * - CHAIN: the signer's certificates do not lead to a root of the network (the cause says why)
 * - SIGNATURE: the signature was not made by the signer's key over these bytes
 * - CONTENT: a value that no network can have
 *
 * Or why none can be signed:
 * - SIGNER_KEY: the private key cannot be read, or is not that of the certificate
 */
export type NetworkMapProblem =
  'FORMAT' | 'HASH' | 'SIGNER_CERTIFICATE' | 'SIGNER_ROLE' | 'CHAIN' | 'SIGNATURE' | 'CONTENT' | 'SIGNER_KEY';
export type NetworkMapErrorCode = `${'MAP' | 'PARAMETERS'}_${NetworkMapProblem}`;

const remedies: Record<NetworkMapProblem, string> = {
  FORMAT: 'Check that the address or file is that of a network map service.',
  HASH: 'Fetch it again; if that does not help, ask the operator of the network map.',
  SIGNER_CERTIFICATE: 'Ask the operator of the network map to sign with a certificate of the network.',
  SIGNER_ROLE: 'Ask the operator of the network map to sign with the certificate that is made for it.',
  CHAIN: 'Check that the trusted roots are those of this network, and that its certificates are not expired.',
  SIGNATURE: 'Fetch it again; if that does not help, somebody changed it: ask the operator of the network map.',
  CONTENT: 'Correct the value that the message names, or ask the operator of the network map to.',
  SIGNER_KEY: 'Give the private key that belongs to the certificate.',
};

/** A network map or network parameters that are refused; what was in force before stays. */
export class NetworkMapError extends NetmapError<NetworkMapErrorCode> {
  constructor(kind: DocumentKind, problem: NetworkMapProblem, reason: string, cause?: unknown) {
    const [prefix, noun] = kind === 'map' ? (['MAP', 'map'] as const) : (['PARAMETERS', 'parameters'] as const);
    super(`${prefix}_${problem}`, `The network ${noun} cannot be used: ${reason}`, {
      remedy: remedies[problem],
      cause,
    });
  }
}
