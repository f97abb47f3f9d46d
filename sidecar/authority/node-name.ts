import { createHash } from 'node:crypto';
import { X500Name } from '../certificates/x500-name';
import type { NodeType } from '../network/swaptacular-node';

export const REGISTRY = 'Swaptacular Nodes Registry';

/** What the organizational unit of a subject, and the files db/nodetype and nodetype.txt, call each type. */
const UNITS: Readonly<Record<NodeType, string>> = {
  'accounting-authority': 'Accounting Authorities',
  'creditors-agent': 'Creditors Agents',
  'debtors-agent': 'Debtors Agents',
};

export const NODE_TYPES = Object.keys(UNITS) as readonly NodeType[];

/** ID and type: what a subject says. */
export interface NodeName {
  readonly id: string;
  readonly nodeType: NodeType;
}

export const unitOf = (nodeType: NodeType): string => UNITS[nodeType];

export const nodeTypeOf = (unit: string | undefined): NodeType | undefined =>
  NODE_TYPES.find((nodeType) => UNITS[nodeType] === unit);

/** Whether an ID has the form that its type asks for: 8 hexadecimal digits for accounting authorities, else 32. */
export const isNodeId = (id: string, nodeType: NodeType): boolean =>
  nodeType === 'accounting-authority' ? /^[0-9a-f]{8}$/.test(id) : /^[0-9a-f]{32}$/.test(id);

/** The ID of an agent: the first 128 bits of SHA-256 over its SubjectPublicKeyInfo. */
export const agentId = (spki: Uint8Array): string => createHash('sha256').update(spki).digest('hex').slice(0, 32);

/** The subject that every certificate of a node carries. */
export const subjectOf = ({ id, nodeType }: NodeName): X500Name =>
  X500Name.of([
    { type: 'serialNumber', value: id },
    { type: 'OU', value: UNITS[nodeType] },
    { type: 'O', value: REGISTRY },
  ]);

/** What a subject says, or undefined when it is not that of a node. */
export function readSubject(name: X500Name): NodeName | undefined {
  const nodeType = nodeTypeOf(name.valuesOf('OU')[0]);
  const [id] = name.valuesOf('serialNumber');
  if (nodeType === undefined || id === undefined || !isNodeId(id, nodeType)) return undefined;
  // Equal values in another letter case or spelling are not the same to everybody who reads them.
  const isPlain = name.valuesOf('O')[0] === REGISTRY && name.matches(subjectOf({ id, nodeType }));
  return isPlain ? { id, nodeType } : undefined;
}

/** Accounting authorities peer with agents of both kinds, and nobody else with anybody. */
export const mayPeer = (one: NodeType, other: NodeType): boolean =>
  (one === 'accounting-authority') !== (other === 'accounting-authority');
