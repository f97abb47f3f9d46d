import { X500Name } from '../certificates/x500-name';
import type { Credential } from './credential';
import type { NodeCredentials } from './dev-network';
import {
  issue,
  issueAuthority,
  issueNodeCa,
  issueTls,
  tlsStatement,
  type Authority,
  type IssueSettings,
} from './issue-corda';

export interface OddTlsInput {
  /** The node whose keys are abused; its own name is on the certificate unless the kind says otherwise. */
  readonly node: NodeCredentials;
  /** The name of another node. */
  readonly otherName: X500Name;
  /** The time at which the certificate is odd, milliseconds since the epoch. */
  readonly at: number;
  readonly random: IssueSettings['random'];
}

const DAY_MS = 86_400_000;

/** TLS certificates that a node must not accept, each odd in one way alone. */
const MAKERS = {
  /** Root, doorman and node CA of the same names, none of them real. */
  'wrong-root': (input) => issueTls(strangerCa(nameOf(input), input), current(input)),
  'self-signed': (input) => issue(undefined, tlsStatement(nameOf(input)), current(input)),
  expired: (input) => issueTls(input.node.nodeCa, validity(input, -2, -1)),
  'not-yet-valid': (input) => issueTls(input.node.nodeCa, validity(input, 1, 2)),
  /** The name of another node, by this node's CA: against its name constraints. */
  'other-subject': (input) => issue(input.node.nodeCa, tlsStatement(input.otherName), current(input)),
  /** A name inside the name constraints, but not the node's. */
  'common-name-added': (input) => issue(input.node.nodeCa, tlsStatement(withCommonName(nameOf(input))), current(input)),
  'issued-by-identity': (input) => issueTls(input.node.identity, current(input)),
  'no-role': (input) => {
    return issue(input.node.nodeCa, { ...tlsStatement(nameOf(input)), cordaRole: undefined }, current(input));
  },
} as const satisfies Record<string, (input: OddTlsInput) => Credential>;

export type OddTlsKind = keyof typeof MAKERS;

export const ODD_TLS_KINDS = Object.keys(MAKERS) as readonly OddTlsKind[];

/** A TLS credential, chain to its root included, that is odd in the way that `kind` says. */
export function issueOddTls(kind: OddTlsKind, input: OddTlsInput): Credential {
  return MAKERS[kind](input);
}

/** Everything of a node with this name in a network of its own, whose root nobody else trusts. */
export function issueStranger(
  name: X500Name,
  settings: IssueSettings,
): Authority & { readonly nodeCa: Credential; readonly tls: Credential } {
  const authority = issueAuthority(settings);
  const nodeCa = issueNodeCa(authority.doorman, name, settings);
  return { ...authority, nodeCa, tls: issueTls(nodeCa, settings) };
}

function strangerCa(name: X500Name, input: OddTlsInput): Credential {
  return issueStranger(name, current(input)).nodeCa;
}

function nameOf({ node }: OddTlsInput): X500Name {
  return node.tls.chain[0].subject;
}

function withCommonName(name: X500Name): X500Name {
  return X500Name.parse(`CN=Mallory, ${name.toCorda()}`);
}

function current(input: OddTlsInput): IssueSettings {
  return validity(input, -1, 1);
}

/** Days before or after `at`. */
function validity({ at, random }: OddTlsInput, from: number, to: number): IssueSettings {
  return { validity: { notBefore: at + from * DAY_MS, notAfter: at + to * DAY_MS }, random };
}
