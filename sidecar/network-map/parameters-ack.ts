import { FlattenedSign } from 'jose';
import { encodeCordaBlob } from './corda-blob/encode';
import { cordaObject, hashToCorda, publicKeyToCorda } from './corda-values';
import { isHash } from './hash';
import { jwsAlgorithmOf } from './jws';
import { NetworkMapError } from './network-map-error';
import type { DocumentSigner } from './sign-document';
import type { DocumentForm } from './signed-document';
import { signBytes, SigningKeyError, signingKeyOf } from './signing-key';

/** `typ` of the signature in JSON. */
export const acknowledgementType = 'parametersack+jws';

/**
 * A node's word that it accepts network parameters, for their hash (SHA-256, upper-case hex): Corda's SignedData of a
 * hash, or a JWS in Flattened JSON Serialization. The node's legal identity signs.
 * @throws NetworkMapError (as a rejection) PARAMETERS_HASH or PARAMETERS_SIGNER_KEY
 */
export async function signParametersAck(hash: string, signer: DocumentSigner, form: DocumentForm): Promise<Buffer> {
  if (!isHash(hash)) throw new NetworkMapError('parameters', 'HASH', `${JSON.stringify(hash)} is not a hash`);
  return refusing(() => (form === 'json' ? signJson(hash, signer) : Promise.resolve(signCorda(hash, signer))));
}

function signCorda(hash: string, { privateKey, chain: [own] }: DocumentSigner): Buffer {
  const raw = encodeCordaBlob(hashToCorda(hash));
  return encodeCordaBlob(
    cordaObject('net.corda.core.crypto.SignedData', {
      raw: cordaObject('net.corda.core.serialization.SerializedBytes<java.lang.Object>', { bytes: raw }),
      sig: cordaObject('net.corda.core.crypto.DigitalSignature$WithKey', {
        by: publicKeyToCorda(own.publicKey),
        bytes: signBytes(signingKeyOf(privateKey, own), raw),
      }),
    }),
  );
}

async function signJson(hash: string, { privateKey, chain }: DocumentSigner): Promise<Buffer> {
  const key = signingKeyOf(privateKey, chain[0]);
  const x5c = chain.map(({ der }) => Buffer.from(der).toString('base64'));
  const header = { alg: jwsAlgorithmOf(key), typ: acknowledgementType, x5c };
  const payload = Buffer.from(JSON.stringify({ version: 1, parametersHash: hash }));
  return Buffer.from(`${JSON.stringify(await new FlattenedSign(payload).setProtectedHeader(header).sign(key))}\n`);
}

async function refusing(run: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof SigningKeyError)) throw cause;
    throw new NetworkMapError('parameters', 'SIGNER_KEY', cause.message, cause.cause);
  }
}
