import { cordaShape } from '../certificates/corda-shapes';
import { X500Name } from '../certificates/x500-name';
import type { Credential } from './credential';
import { issue, type IssueSettings } from './issue-corda';

/** Who signs what a network map service serves. */
export interface MapSigners {
  readonly map: Credential;
  readonly parameters: Credential;
}

const MAP_NAME = X500Name.parse('CN=Network Map, O=Development Network, L=London, C=GB');
const PARAMETERS_NAME = X500Name.parse('CN=Network Parameters, O=Development Network, L=London, C=GB');

/** The signers of a network, with keys of their own; the root itself issues both, as Corda asks. */
export function issueMapSigners(root: Credential, settings: IssueSettings): MapSigners {
  const signer = (role: 'NETWORK_MAP' | 'NETWORK_PARAMETERS', subject: X500Name): Credential =>
    issue(root, { subject, ...cordaShape(role, subject) }, settings);
  return { map: signer('NETWORK_MAP', MAP_NAME), parameters: signer('NETWORK_PARAMETERS', PARAMETERS_NAME) };
}
