import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { GeneralSign } from 'jose';
import type { Certificate } from '../certificates/certificate';
import { isCompositeKey } from '../certificates/composite-key';
import type { HostAndPort, IdentityRole } from '../network/identity';
import { NodeInfoError } from './node-info-error';
import {
  isNodeInfoPayload,
  jwsAlgorithmOf,
  jwsType,
  nodeInfoFormatError,
  type NodeInfoPayload,
} from './node-info-json';

export interface SigningIdentity {
  readonly role: IdentityRole;
  /** From the identity's own certificate to the network's root. */
  readonly certificates: readonly [Certificate, ...Certificate[]];
  /** PKCS#8, PEM; absent for a composite key, which does not sign. */
  readonly privateKey?: string;
}

export interface NodeInfoContent {
  readonly addresses: readonly HostAndPort[];
  readonly platformVersion: number;
  readonly serial: bigint;
  /** The first is the node's own legal identity. */
  readonly identities: readonly SigningIdentity[];
}

export interface NodeInfoFile {
  readonly name: string;
  /** UTF-8, with a newline at its end. */
  readonly text: string;
}

/**
 * Writes a NodeInfo in JSON, signed by each identity with a plain key. The file's name comes from its content.
 * @throws NodeInfoError NODE_INFO_FORMAT, NODE_INFO_SIGNATURE_MISSING for an identity without its private key, or
 * NODE_INFO_SIGNATURE_INVALID for one with a private key that is not its own
 */
export async function signNodeInfo(content: NodeInfoContent): Promise<NodeInfoFile> {
  const payload = payloadOf(content);
  const isPayload = isNodeInfoPayload();
  if (!isPayload(payload)) throw nodeInfoFormatError(isPayload, 'the payload');
  const raw = Buffer.from(JSON.stringify(payload));
  const sign = new GeneralSign(raw);
  for (const identity of content.identities.filter((each) => !isComposite(each))) {
    const key = signingKeyOf(identity);
    const header = { alg: jwsAlgorithmOf(key), typ: jwsType, x5c: x5cOf(identity) };
    sign.addSignature(key).setProtectedHeader(header);
  }
  const name = `nodeInfo-${createHash('sha256').update(raw).digest('hex').toUpperCase()}.json`;
  return { name, text: `${JSON.stringify(await sign.sign(), undefined, 2)}\n` };
}

function payloadOf(content: NodeInfoContent): NodeInfoPayload {
  const { addresses, platformVersion, serial, identities } = content;
  return {
    version: 1,
    addresses: addresses.map(({ host, port }) => ({ host, port })),
    platformVersion,
    serial: serial <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(serial) : serial.toString(),
    identities: identities.map((identity) => {
      const stated = { name: identity.certificates[0].subject.toCorda(), role: identity.role };
      return isComposite(identity) ? { ...stated, x5c: x5cOf(identity) } : stated;
    }),
  };
}

function signingKeyOf({ certificates: [certificate], privateKey }: SigningIdentity): KeyObject {
  const name = certificate.subject.toCorda();
  if (privateKey === undefined) {
    throw new NodeInfoError('NODE_INFO_SIGNATURE_MISSING', `The private key of ${name} is not there to sign with`);
  }
  const key = readPrivateKey(privateKey, name);
  if (createPublicKey(key).export({ format: 'der', type: 'spki' }).equals(certificate.publicKey)) return key;
  throw new NodeInfoError('NODE_INFO_SIGNATURE_INVALID', `The private key for ${name} is not that of its certificate`);
}

function readPrivateKey(pem: string, name: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new NodeInfoError('NODE_INFO_SIGNATURE_INVALID', `The private key for ${name} cannot be read`, cause);
  }
}

function isComposite({ certificates: [certificate] }: SigningIdentity): boolean {
  return isCompositeKey(certificate.publicKey);
}

function x5cOf({ certificates }: SigningIdentity): string[] {
  return certificates.map((certificate) => Buffer.from(certificate.der).toString('base64'));
}
