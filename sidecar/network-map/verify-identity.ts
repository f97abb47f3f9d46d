import { Certificate } from '../certificates/certificate';
import { cordaName } from '../certificates/corda-name';
import { ChainError } from '../certificates/chain-error';
import { verifyCordaChain, type CordaChain } from '../certificates/corda-roles';
import { identityId, keySchemeOf } from '../certificates/keys';
import { X500Name } from '../certificates/x500-name';
import { NetmapError } from '../lib/errors';
import type { Identity } from '../network/identity';
import type { StatedIdentity } from './node-info';
import { NodeInfoError } from './node-info-error';
import type { Trust } from './trust';

export interface VerifiedIdentity {
  readonly identity: Identity;
  /** Whether its key is composite, so that it signs nothing. */
  readonly isComposite: boolean;
  /** The CA of its node; undefined for a service. */
  readonly nodeCa: Certificate | undefined;
}

/**
 * Verifies one identity of a NodeInfo but for its signature: chain, role, name and key.
 * @throws NodeInfoError
 */
export function verifyIdentity({ certificates, stated }: StatedIdentity, trust: Trust): VerifiedIdentity {
  const [own, ...above] = attempt('NODE_INFO_CERTIFICATE', () => certificates.map((der) => Certificate.fromDer(der)));
  if (own === undefined) throw new NodeInfoError('NODE_INFO_CERTIFICATE', 'An identity has no certificate');
  const chain = verifyChainOf(own, above, trust);
  attempt('NODE_INFO_NAME', () => cordaName(own.subject));
  const isComposite = attempt('NODE_INFO_CERTIFICATE', () => keySchemeOf(own.publicKey)) === 'composite';
  const role = chain.role === 'LEGAL_IDENTITY' ? 'legal' : 'service';
  if (role === 'legal') checkLegal(own, chain, isComposite);
  if (stated !== undefined) checkStated(own, role, stated);
  // A copy: the key's bytes within the certificate would keep all of it in memory.
  const publicKey = Uint8Array.from(own.publicKey);
  const identity = { id: identityId(publicKey), name: own.subject, publicKey, role } as const;
  return { identity, isComposite, nodeCa: role === 'legal' ? chain.nodeCa : undefined };
}

function verifyChainOf(own: Certificate, above: readonly Certificate[], { roots, at }: Trust): CordaChain {
  const input = {
    chain: [own, ...above],
    leaf: own,
    roots,
    at,
    roles: ['LEGAL_IDENTITY', 'SERVICE_IDENTITY'],
  } as const;
  try {
    return verifyCordaChain(input);
  } catch (cause) {
    if (!(cause instanceof ChainError)) throw cause;
    const code = cause.code === 'CHAIN_ROLE' ? 'NODE_INFO_ROLE' : 'NODE_INFO_CHAIN';
    throw new NodeInfoError(code, `The certificates of ${own.subject.toCorda()} are refused: ${cause.message}`, cause);
  }
}

/** Who does not sign proves nothing: anybody could claim a legal identity with a composite key. */
function checkLegal(own: Certificate, chain: CordaChain, isComposite: boolean): void {
  const name = own.subject.toCorda();
  if (isComposite) {
    throw new NodeInfoError('NODE_INFO_IDENTITY', `The legal identity ${name} has a composite key, so it cannot sign`);
  }
  if (chain.nodeCa === undefined) {
    throw new NodeInfoError('NODE_INFO_ROLE', `The certificate of the legal identity ${name} is not from a node CA`);
  }
}

function checkStated(own: Certificate, role: Identity['role'], stated: NonNullable<StatedIdentity['stated']>): void {
  const found = own.subject.toCorda();
  if (!attempt('NODE_INFO_NAME', () => X500Name.parse(stated.name)).equals(own.subject)) {
    throw new NodeInfoError('NODE_INFO_NAME', `The NodeInfo states the name ${stated.name}, its certificate ${found}`);
  }
  if (stated.role !== role) {
    throw new NodeInfoError(
      'NODE_INFO_ROLE',
      `${found} is stated to be ${stated.role}, but its certificate is ${role}`,
    );
  }
}

/** Runs what may refuse a part of an identity, and makes its error a NodeInfoError. */
function attempt<Result>(code: NodeInfoError['code'], run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof NetmapError)) throw cause;
    throw new NodeInfoError(code, `An identity is refused: ${cause.message}`, cause);
  }
}
