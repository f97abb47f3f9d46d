import type { Identity } from '../network/identity';
import type { Peer } from '../network/peer';
import { checkAddresses } from './node-address';
import { maxIdentities, type NodeInfo, type SignedNodeInfo } from './node-info';
import { NodeInfoError } from './node-info-error';
import type { Trust } from './trust';
import { verifyIdentity, type VerifiedIdentity } from './verify-identity';

const greatestSerial = 2n ** 63n - 1n;

/**
 * Verifies a NodeInfo wholly: its signatures, chains, roles, names, addresses and numbers. Each legal identity has to
 * sign, and to come from a node CA of its own name; a service with a composite key signs nothing, so that any node of
 * the network can state it. Depends on its arguments alone.
 * @throws NodeInfoError (as a rejection), with a code for each cause
 */
export async function verifyNodeInfo(signed: SignedNodeInfo, trust: Trust): Promise<Peer> {
  const { nodeInfo } = signed;
  const addresses = checkAddresses(nodeInfo.addresses);
  checkNumbers(nodeInfo);
  if (nodeInfo.identities.length > maxIdentities) {
    throw refuse('NODE_INFO_IDENTITY', `it has ${nodeInfo.identities.length} identities, of at most ${maxIdentities}`);
  }
  const verified = nodeInfo.identities.map((stated) => verifyIdentity(stated, trust));
  const [first, ...others] = verified;
  if (first?.nodeCa === undefined) {
    throw refuse('NODE_INFO_IDENTITY', "its first identity is not the node's own legal one");
  }
  checkDistinct(verified.map(({ identity }) => identity));
  await checkSignatures(signed, verified);
  const withRole = (role: Identity['role']): Identity[] =>
    others.map(({ identity }) => identity).filter((identity) => identity.role === role);
  return {
    identities: [first.identity, ...withRole('legal')],
    services: withRole('service'),
    addresses,
    nodeCa: first.nodeCa.pem(),
    platformVersion: nodeInfo.platformVersion,
    serial: nodeInfo.serial,
  };
}

function checkNumbers({ serial, platformVersion }: NodeInfo): void {
  if (serial < 1n || serial > greatestSerial) {
    throw refuse('NODE_INFO_SERIAL', `its serial ${serial.toString()} is not from 1 to 2^63 - 1`);
  }
  if (!Number.isInteger(platformVersion) || platformVersion < 1) {
    throw refuse('NODE_INFO_PLATFORM_VERSION', `its platform version ${platformVersion} is not 1 or more`);
  }
}

function checkDistinct(identities: readonly Identity[]): void {
  for (const distinct of [(one: Identity) => one.id, (one: Identity) => one.name.key()]) {
    const seen = new Set<string>();
    for (const identity of identities) {
      if (seen.has(distinct(identity))) {
        throw refuse('NODE_INFO_IDENTITY', `it has the name or key of ${identity.name.toCorda()} twice`);
      }
      seen.add(distinct(identity));
    }
  }
}

async function checkSignatures(signed: SignedNodeInfo, verified: readonly VerifiedIdentity[]): Promise<void> {
  const signers = verified.filter(({ isComposite }) => !isComposite);
  const found = signed.signatures.length;
  if (found !== signers.length) {
    const code = found < signers.length ? 'NODE_INFO_SIGNATURE_MISSING' : 'NODE_INFO_SIGNATURE_SURPLUS';
    throw refuse(code, `it has ${found} signatures for ${signers.length} identities that have to sign`);
  }
  for (const [index, { identity }] of signers.entries()) {
    if (!(await signed.signatures[index]?.isBy(identity.publicKey))) {
      throw refuse('NODE_INFO_SIGNATURE_INVALID', `its signature ${index + 1} is not by ${identity.name.toCorda()}`);
    }
  }
}

function refuse(code: NodeInfoError['code'], reason: string): NodeInfoError {
  return new NodeInfoError(code, `The NodeInfo is refused: ${reason}`);
}
