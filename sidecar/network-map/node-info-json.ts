import { base64url } from 'jose';
import type { HostAndPort, IdentityRole } from '../network/identity';
import { hashOf } from './hash';
import { base64UrlText, JsonFormError, readJson, shippedValidator, validatorOf } from './json-form';
import { headerValidator, isJwsBy, jwsSignatureMembers, type JwsSignature } from './jws';
import { maxIdentities, type NodeInfoSignature, type SignedNodeInfo, type StatedIdentity } from './node-info';
import { NodeInfoError } from './node-info-error';

/** The payload, as broker-config/schemas/node-info.schema.json describes it. */
export interface NodeInfoPayload {
  readonly version: 1;
  readonly addresses: readonly HostAndPort[];
  readonly platformVersion: number;
  readonly serial: number | string;
  readonly identities: readonly {
    readonly name: string;
    readonly role: IdentityRole;
    readonly x5c?: readonly string[];
  }[];
}

export const jwsType = 'nodeinfo+jws';

interface GeneralJws {
  readonly payload: string;
  readonly signatures: readonly JwsSignature[];
}

/** JSON Schema of the JWS. */
export const generalJwsSchema = {
  type: 'object',
  required: ['payload', 'signatures'],
  additionalProperties: false,
  properties: {
    payload: base64UrlText,
    signatures: {
      type: 'array',
      maxItems: maxIdentities,
      items: {
        type: 'object',
        required: ['protected', 'signature'],
        additionalProperties: false,
        properties: jwsSignatureMembers,
      },
    },
  },
};

const isJws = validatorOf<GeneralJws>(generalJwsSchema);
const isHeader = headerValidator(jwsType);

/** Whether a value is a payload, by the published schema. */
export const isNodeInfoPayload = shippedValidator<NodeInfoPayload>('node-info.schema.json');

/**
 * Reads a NodeInfo in JSON: a JWS in General JSON Serialization, UTF-8. Nothing is verified.
 * @throws NodeInfoError NODE_INFO_FORMAT, NODE_INFO_SIGNATURE_MISSING or NODE_INFO_SIGNATURE_SURPLUS
 */
export function readNodeInfoJson(bytes: Uint8Array): SignedNodeInfo {
  try {
    return read(bytes);
  } catch (cause) {
    throw cause instanceof JsonFormError ? nodeInfoFormatError(cause) : cause;
  }
}

function read(bytes: Uint8Array): SignedNodeInfo {
  const jws = readJson(bytes, isJws, 'the file');
  const raw = base64url.decode(jws.payload);
  const payload = readJson(raw, isNodeInfoPayload(), 'the payload');
  const signers = payload.identities.filter((identity) => identity.x5c === undefined).length;
  if (jws.signatures.length !== signers) throw wrongCount(jws.signatures.length, signers);
  const headers = jws.signatures.map((signature, index) => {
    const header = base64url.decode(signature.protected);
    return readJson(header, isHeader, `the protected header of signature ${index + 1}`);
  });
  const unused = headers.map((header) => header.x5c);
  return {
    nodeInfo: {
      addresses: payload.addresses,
      platformVersion: payload.platformVersion,
      serial: BigInt(payload.serial),
      identities: payload.identities.map((identity) => stated(identity, identity.x5c ?? unused.shift() ?? [])),
    },
    raw,
    hash: hashOf(raw),
    signatures: jws.signatures.map((signature) => signatureOf(jws.payload, signature)),
  };
}

function stated({ name, role }: { name: string; role: IdentityRole }, x5c: readonly string[]): StatedIdentity {
  return { certificates: x5c.map((certificate) => Buffer.from(certificate, 'base64')), stated: { name, role } };
}

function signatureOf(payload: string, signature: JwsSignature): NodeInfoSignature {
  return {
    bytes: base64url.decode(signature.signature),
    isBy: (publicKey) => isJwsBy(payload, signature, publicKey),
  };
}

export function nodeInfoFormatError(cause: JsonFormError): NodeInfoError {
  const message = `The NodeInfo does not have the form that it should: ${cause.message}`;
  return new NodeInfoError('NODE_INFO_FORMAT', message, cause.cause);
}

function wrongCount(found: number, wanted: number): NodeInfoError {
  const code = found < wanted ? 'NODE_INFO_SIGNATURE_MISSING' : 'NODE_INFO_SIGNATURE_SURPLUS';
  return new NodeInfoError(code, `The NodeInfo has ${found} signatures for ${wanted} identities that have to sign`);
}
