import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020, { type AnySchemaObject, type ValidateFunction } from 'ajv/dist/2020';
import { base64url, flattenedVerify } from 'jose';
import { messageOf } from '../lib/errors';
import { packageRoot } from '../lib/package-root';
import type { HostAndPort, IdentityRole } from '../network/identity';
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
const algorithms = ['EdDSA', 'ES256', 'ES256K', 'RS256'] as const;
export type JwsAlgorithm = (typeof algorithms)[number];

interface GeneralJws {
  readonly payload: string;
  readonly signatures: readonly { readonly protected: string; readonly signature: string }[];
}

interface ProtectedHeader {
  readonly alg: JwsAlgorithm;
  readonly x5c: readonly string[];
}

const base64Url = { type: 'string', pattern: '^[A-Za-z0-9_-]+$' };
const jwsSchema = {
  type: 'object',
  required: ['payload', 'signatures'],
  additionalProperties: false,
  properties: {
    payload: base64Url,
    signatures: {
      type: 'array',
      maxItems: maxIdentities,
      items: {
        type: 'object',
        required: ['protected', 'signature'],
        additionalProperties: false,
        properties: { protected: base64Url, signature: base64Url },
      },
    },
  },
};
const headerSchema = {
  type: 'object',
  required: ['alg', 'typ', 'x5c'],
  additionalProperties: false,
  properties: {
    alg: { enum: algorithms },
    typ: { const: jwsType },
    x5c: { type: 'array', minItems: 1, maxItems: 10, items: { type: 'string', pattern: '^[A-Za-z0-9+/]+={0,2}$' } },
  },
};

const ajv = new Ajv2020({ strictTypes: true });
const isJws = ajv.compile<GeneralJws>(jwsSchema);
const isHeader = ajv.compile<ProtectedHeader>(headerSchema);
let payloadValidator: ValidateFunction<NodeInfoPayload> | undefined;

/** Whether a value is a payload, by the published schema. */
export function isNodeInfoPayload(): ValidateFunction<NodeInfoPayload> {
  if (payloadValidator === undefined) {
    const file = join(packageRoot(), 'broker-config', 'schemas', 'node-info.schema.json');
    payloadValidator = ajv.compile<NodeInfoPayload>(JSON.parse(readFileSync(file, 'utf8')) as AnySchemaObject);
  }
  return payloadValidator;
}

/**
 * Reads a NodeInfo in JSON: a JWS in General JSON Serialization, UTF-8. Nothing is verified.
 * @throws NodeInfoError NODE_INFO_FORMAT, NODE_INFO_SIGNATURE_MISSING or NODE_INFO_SIGNATURE_SURPLUS
 */
export function readNodeInfoJson(bytes: Uint8Array): SignedNodeInfo {
  const jws = parse(bytes, isJws, 'the file');
  const raw = base64url.decode(jws.payload);
  const payload = parse(raw, isNodeInfoPayload(), 'the payload');
  const signers = payload.identities.filter((identity) => identity.x5c === undefined).length;
  if (jws.signatures.length !== signers) throw wrongCount(jws.signatures.length, signers);
  const headers = jws.signatures.map((signature, index) => {
    return parse(base64url.decode(signature.protected), isHeader, `the protected header of signature ${index + 1}`);
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
    hash: createHash('sha256').update(raw).digest('hex').toUpperCase(),
    signatures: jws.signatures.map((signature) => signatureOf(jws.payload, signature)),
  };
}

/** The JWS algorithm for a key, undefined where there is none that NodeInfos may use. */
export function jwsAlgorithmOf(key: KeyObject): JwsAlgorithm | undefined {
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return 'ES256';
  return curve === 'secp256k1' ? 'ES256K' : undefined;
}

function stated({ name, role }: { name: string; role: IdentityRole }, x5c: readonly string[]): StatedIdentity {
  return { certificates: x5c.map((certificate) => Buffer.from(certificate, 'base64')), stated: { name, role } };
}

function signatureOf(payload: string, signature: GeneralJws['signatures'][number]): NodeInfoSignature {
  return {
    bytes: base64url.decode(signature.signature),
    async isBy(publicKey) {
      try {
        const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
        const algorithm = jwsAlgorithmOf(key);
        if (algorithm === undefined) return false;
        await flattenedVerify({ payload, ...signature }, key, { algorithms: [algorithm] });
        return true;
      } catch {
        return false;
      }
    },
  };
}

function parse<Value>(bytes: Uint8Array, isValid: ValidateFunction<Value>, what: string): Value {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new NodeInfoError(
      'NODE_INFO_FORMAT',
      `The NodeInfo cannot be read: ${what} is not JSON: ${messageOf(cause)}`,
      cause,
    );
  }
  if (isValid(value)) return value;
  throw nodeInfoFormatError(isValid, what);
}

/** Says what a validator found in `what` just now. */
export function nodeInfoFormatError(isValid: ValidateFunction, what: string): NodeInfoError {
  const problem = ajv.errorsText(isValid.errors, { dataVar: what });
  return new NodeInfoError('NODE_INFO_FORMAT', `The NodeInfo does not have the form that it should: ${problem}`);
}

function wrongCount(found: number, wanted: number): NodeInfoError {
  const code = found < wanted ? 'NODE_INFO_SIGNATURE_MISSING' : 'NODE_INFO_SIGNATURE_SURPLUS';
  return new NodeInfoError(code, `The NodeInfo has ${found} signatures for ${wanted} identities that have to sign`);
}
