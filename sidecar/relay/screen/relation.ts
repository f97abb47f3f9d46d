import type { SwaptacularNode, SwaptacularPeer } from '../../network/swaptacular-node';

/** Between whom it goes, and the IDs that may be in it: leading hexadecimal digits of 64 bits. */
export interface Relation {
  readonly isAuthority: boolean;
  readonly withDebtors: boolean;
  /** As they are on the way between the two. */
  readonly creditors: string;
  readonly debtors: string;
  /**
   * Where we are a creditors agent: as our applications know their creditors, as many digits as `creditors`. The authority
   * has allotted others, and each ID is translated on its way.
   */
  readonly ownCreditors?: string;
}

/** The creditor who is the debtor himself, and the only one between an authority and a debtors agent. */
export const ROOT_CREDITOR = '0000000000000000';

/** Undefined while no IDs are allotted: then no message is good. */
export function relationOf(
  own: Pick<SwaptacularNode, 'id' | 'nodeType' | 'subnet'>,
  peer: Pick<SwaptacularPeer, 'id' | 'nodeType' | 'subnet'>,
): Relation | undefined {
  const isAuthority = own.nodeType === 'accounting-authority';
  const withDebtors = own.nodeType === 'debtors-agent' || peer.nodeType === 'debtors-agent';
  const authority = isAuthority ? own.id : peer.id;
  const allotted = own.nodeType === 'debtors-agent' ? own.subnet : peer.subnet;
  if (allotted === undefined) return undefined;
  if (withDebtors) return { isAuthority, withDebtors, creditors: ROOT_CREDITOR, debtors: allotted };
  const relation = { isAuthority, withDebtors, creditors: allotted, debtors: authority };
  if (isAuthority) return relation;
  return own.subnet?.length === allotted.length ? { ...relation, ownCreditors: own.subnet } : undefined;
}
