import type { DocumentForm } from '../network-map/signed-document';
import type { SignedNetwork } from './signed-network';

/** What an operator is told about a map that was signed. */
export interface SignedMap {
  readonly nodes: number;
  /** RFC 3339. */
  readonly signedAt: string;
  readonly maps: Readonly<Record<DocumentForm, string>>;
  readonly parameters: Readonly<Record<DocumentForm, string>>;
}

export function signedOf(network: SignedNetwork, nodes: number): SignedMap {
  const of = (hashOf: (form: DocumentForm) => string): Record<DocumentForm, string> => {
    return { corda: hashOf('corda'), json: hashOf('json') };
  };
  return {
    nodes,
    signedAt: new Date(network.signedAt).toISOString(),
    maps: of((form) => network.map(form).hash),
    parameters: of((form) => network.inForce(form).hash),
  };
}
