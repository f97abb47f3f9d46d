import { base64url } from 'jose';
import { Certificate } from '../certificates/certificate';
import { verifySignature, identityId } from '../certificates/keys';
import { messageOf } from '../lib/errors';
import { hashFromCorda, publicKeyFromCorda } from '../network-map/corda-values';
import { decodeCordaBlob } from '../network-map/corda-blob/decode';
import { bytesField, fieldOf, objectOf } from '../network-map/corda-blob/fields';
import { isCordaBlob } from '../network-map/corda-blob/sections';
import { JsonFormError, readJson, shippedValidator } from '../network-map/json-form';
import { headerValidator, isFlattenedJws, isJwsBy } from '../network-map/jws';
import { acknowledgementType } from '../network-map/parameters-ack';
import { Refusal } from './refusal';
import { refusing } from './submission';

/** A node's word that it accepts network parameters, its signature verified. */
export interface Acknowledgement {
  /** The id of the identity that signed. */
  readonly signer: string;
  /** Of the parameters, upper-case hex. */
  readonly hash: string;
}

const isHeader = headerValidator(acknowledgementType);
const isPayload = shippedValidator<{ readonly version: 1; readonly parametersHash: string }>(
  'parameters-ack.schema.json',
);

/**
 * Reads an acknowledgement in either form: Corda's SignedData of a hash, or a JWS in Flattened JSON Serialization. Who
 * the signer is, is not looked at.
 * @throws Refusal SUBMISSION_REFUSED (as a rejection)
 */
export async function readAcknowledgement(bytes: Uint8Array): Promise<Acknowledgement> {
  const { publicKey, hash, isSigned } = await refusing(async () =>
    isCordaBlob(bytes) ? readBlob(bytes) : readJws(bytes),
  );
  if (!(await isSigned())) {
    throw new Refusal('SUBMISSION_REFUSED', 'the acknowledgement was not signed with the key that it names');
  }
  return { signer: identityId(publicKey), hash };
}

interface Unverified {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly hash: string;
  readonly isSigned: () => Promise<boolean>;
}

function readBlob(bytes: Uint8Array): Unverified {
  const signed = objectOf(decodeCordaBlob(bytes), 'net.corda.core.crypto.SignedData');
  const raw = bytesField(objectOf(fieldOf(signed, 'raw'), 'net.corda.core.serialization.SerializedBytes'), 'bytes');
  const signature = objectOf(fieldOf(signed, 'sig'), 'net.corda.core.crypto.DigitalSignature$WithKey');
  const publicKey = publicKeyFromCorda(fieldOf(signature, 'by'));
  return {
    publicKey,
    hash: hashFromCorda(decodeCordaBlob(raw)),
    isSigned: async () => {
      try {
        return verifySignature(publicKey, undefined, raw, bytesField(signature, 'bytes'));
      } catch {
        return false;
      }
    },
  };
}

function readJws(bytes: Uint8Array): Unverified {
  try {
    const { payload, ...signature } = readJson(bytes, isFlattenedJws, 'the acknowledgement');
    const header = readJson(base64url.decode(signature.protected), isHeader, 'the protected header');
    const { parametersHash } = readJson(base64url.decode(payload), isPayload(), 'the payload');
    const { publicKey } = Certificate.fromDer(Buffer.from(header.x5c[0] ?? '', 'base64'));
    return { publicKey, hash: parametersHash, isSigned: () => isJwsBy(payload, signature, publicKey) };
  } catch (cause) {
    if (!(cause instanceof JsonFormError)) throw cause;
    throw new Refusal('SUBMISSION_REFUSED', messageOf(cause), cause);
  }
}
