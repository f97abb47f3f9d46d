import type { Certificate } from './certificate';
import { verifyChain } from './chain';
import type { CertificatePath, ChainInput } from './chain';
import { ChainError } from './chain-error';

/** What a certificate of a Corda network is for, by the number in its role extension. */
export const CordaRole = {
  DOORMAN_CA: 1,
  NETWORK_MAP: 2,
  SERVICE_IDENTITY: 3,
  NODE_CA: 4,
  TLS: 5,
  LEGAL_IDENTITY: 6,
  CONFIDENTIAL_LEGAL_IDENTITY: 7,
  NETWORK_PARAMETERS: 8,
} as const;
export type CordaRole = keyof typeof CordaRole;

/** Who may issue whom; "ROOT" is the network's root, which has no role. */
const ISSUERS: Record<CordaRole, readonly (CordaRole | 'ROOT')[]> = {
  DOORMAN_CA: ['ROOT'],
  NETWORK_MAP: ['ROOT'],
  NETWORK_PARAMETERS: ['ROOT'],
  SERVICE_IDENTITY: ['DOORMAN_CA'],
  NODE_CA: ['DOORMAN_CA'],
  TLS: ['DOORMAN_CA', 'NODE_CA'],
  LEGAL_IDENTITY: ['DOORMAN_CA', 'NODE_CA'],
  CONFIDENTIAL_LEGAL_IDENTITY: ['LEGAL_IDENTITY'],
};

/** Issuers that are the network's own; those below belong to one node. */
const NETWORK_ROLES: ReadonlySet<CordaRole | 'ROOT'> = new Set(['ROOT', 'DOORMAN_CA']);

export interface CordaChainInput extends ChainInput {
  /** The roles that the verified certificate may have. */
  readonly roles: readonly CordaRole[];
}

export interface CordaChain {
  readonly path: CertificatePath;
  readonly role: CordaRole;
  /** The node's own CA in the path, where there is one: what a bridge to this node trusts. */
  readonly nodeCa: Certificate | undefined;
}

/**
 * Verifies a chain as verifyChain does, and that every role may be issued by the one above, that what a node's CA or
 * identity issued carries its name, and that a node's CA can issue nothing outside its own name. Throws ChainError.
 */
export function verifyCordaChain(input: CordaChainInput): CordaChain {
  const path = verifyChain(input);
  const roles = path.map((one, index) => roleOf(one, index === path.length - 1));
  const [role = 'ROOT'] = roles;
  if (role === 'ROOT' || !input.roles.includes(role)) {
    throw refuse(path[0], 'CHAIN_ROLE', `has the role ${role}, where ${input.roles.join(' or ')} is asked for`);
  }
  path.slice(1).forEach((issuer, index) => checkLink(path[index] ?? issuer, roles[index], issuer, roles[index + 1]));
  path.forEach((one, index) => checkConfined(one, roles[index], path.slice(index)));
  return { path, role, nodeCa: path.find((_, index) => roles[index] === 'NODE_CA') };
}

const NAMES = new Map(Object.entries(CordaRole).map(([name, number]) => [number, name as CordaRole]));

/** The role in a certificate, if it has one. Throws ChainError CHAIN_ROLE for a number that stands for none. */
export function cordaRoleOf(one: Certificate): CordaRole | undefined {
  if (one.cordaRole === undefined) return undefined;
  const role = NAMES.get(one.cordaRole as (typeof CordaRole)[CordaRole]);
  if (role === undefined)
    throw refuse(one, 'CHAIN_ROLE', `has the role number ${one.cordaRole}, which stands for none`);
  return role;
}

function roleOf(one: Certificate, isRoot: boolean): CordaRole | 'ROOT' {
  const role = cordaRoleOf(one);
  if (isRoot && role !== undefined) throw refuse(one, 'CHAIN_ROLE', `is trusted as a root, but has the role ${role}`);
  if (!isRoot && role === undefined) throw refuse(one, 'CHAIN_ROLE', 'has no Corda role');
  return role ?? 'ROOT';
}

function checkLink(
  one: Certificate,
  role: CordaRole | 'ROOT' = 'ROOT',
  issuer: Certificate,
  above: CordaRole | 'ROOT' = 'ROOT',
): void {
  if (role === 'ROOT' || !ISSUERS[role].includes(above)) {
    throw refuse(one, 'CHAIN_ROLE', `has the role ${role}, which ${above} may not issue`);
  }
  if (!NETWORK_ROLES.has(above) && !one.subject.equals(issuer.subject)) {
    throw refuse(
      one,
      'CHAIN_ROLE_NAME',
      `was issued by ${issuer.subject.toCorda()}, which may issue in its own name only`,
    );
  }
}

/**
 * TLS stacks know nothing of roles: whoever holds a CA certificate could issue one for any name, unless name
 * constraints forbid it. `path` starts at `one`.
 */
function checkConfined(one: Certificate, role: CordaRole | 'ROOT' = 'ROOT', path: readonly Certificate[]): void {
  if (NETWORK_ROLES.has(role) || !one.isCa) return;
  const confined = path.some(({ nameConstraints }) => {
    const permitted = nameConstraints?.permitted ?? [];
    return permitted.length > 0 && permitted.every((base) => base.isWithin(one.subject));
  });
  if (confined) return;
  throw refuse(
    one,
    'CHAIN_NODE_CA_UNCONSTRAINED',
    'is a CA whose name constraints do not confine it to its own name',
    'have the network issue it anew, with name constraints that permit its own name only',
  );
}

function refuse(
  one: Certificate,
  code: 'CHAIN_ROLE' | 'CHAIN_ROLE_NAME' | 'CHAIN_NODE_CA_UNCONSTRAINED',
  why: string,
  remedy?: string,
): ChainError {
  return new ChainError(code, `the certificate of ${one.subject.toCorda()} (serial ${one.serial}) ${why}`, { remedy });
}
