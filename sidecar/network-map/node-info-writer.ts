import type { KeyObject } from 'node:crypto';
import { GeneralSign } from 'jose';
import type { Certificate } from '../certificates/certificate';
import { isCompositeKey } from '../certificates/composite-key';
import type { HostAndPort, IdentityRole } from '../network/identity';
import { hashOf } from './hash';
import { checkJson, JsonFormError } from './json-form';
import { jwsAlgorithmOf } from './jws';
import { NodeInfoError } from './node-info-error';
import { isNodeInfoPayload, jwsType, nodeInfoFormatError, type NodeInfoPayload } from './node-info-json';
import { SigningKeyError, signingKeyOf } from './signing-key';

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
  const raw = Buffer.from(JSON.stringify(checkedPayload(content)));
  const sign = new GeneralSign(raw);
  for (const identity of content.identities.filter((each) => !isComposite(each))) {
    const key = identityKeyOf(identity);
    const header = { alg: jwsAlgorithmOf(key), typ: jwsType, x5c: x5cOf(identity) };
    sign.addSignature(key).setProtectedHeader(header);
  }
  return { name: `nodeInfo-${hashOf(raw)}.json`, text: `${JSON.stringify(await sign.sign(), undefined, 2)}\n` };
}

function checkedPayload(content: NodeInfoContent): NodeInfoPayload {
  try {
    return checkJson(payloadOf(content), isNodeInfoPayload(), 'the payload');
  } catch (cause) {
    throw cause instanceof JsonFormError ? nodeInfoFormatError(cause) : cause;
  }
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

/**
 * The key that an identity signs with.
 * @throws NodeInfoError NODE_INFO_SIGNATURE_MISSING or NODE_INFO_SIGNATURE_INVALID
 */
export function identityKeyOf({ certificates: [certificate], privateKey }: SigningIdentity): KeyObject {
  if (privateKey === undefined) {
    const name = certificate.subject.toCorda();
    throw new NodeInfoError('NODE_INFO_SIGNATURE_MISSING', `The private key of ${name} is not there to sign with`);
  }
  try {
    return signingKeyOf(privateKey, certificate);
  } catch (cause) {
    if (!(cause instanceof SigningKeyError)) throw cause;
    const message = `The NodeInfo cannot be signed: ${cause.message}`;
    throw new NodeInfoError('NODE_INFO_SIGNATURE_INVALID', message, cause.cause);
  }
}

/** Whether the identity's key is composite, so that it signs nothing. */
export function isComposite({ certificates: [certificate] }: SigningIdentity): boolean {
  return isCompositeKey(certificate.publicKey);
}

function x5cOf({ certificates }: SigningIdentity): string[] {
  return certificates.map((certificate) => Buffer.from(certificate.der).toString('base64'));
}
