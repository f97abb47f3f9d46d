import { parse } from 'lossless-json';
import type { SwaptacularNode, SwaptacularPeer } from '../../network/swaptacular-node';
import { fieldFault, takes } from './message-fields';

/** What a peer has sent, as far as it can be wrong. */
export interface Received {
  readonly type: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** Between whom it goes, and the IDs that may be in it: leading hexadecimal digits of 64 bits. */
export interface Relation {
  readonly isAuthority: boolean;
  readonly withDebtors: boolean;
  readonly creditors: string;
  readonly debtors: string;
}

/** Taken: what consumers of the reference implementation find in the headers. Refused: why, in its words. */
export type Verdict = { readonly headers: Readonly<Record<string, string>> } | { readonly refused: string };

const MOST_BYTES = 8192;
const JSON_TYPE = 'application/json';
/** A peer's clock may be so far ahead, milliseconds. */
const MOST_AHEAD_MS = 7_200_000;
/** The creditor who is the debtor himself, and the only one between an authority and a debtors agent. */
const ROOT_CREDITOR = '0000000000000000';

type Fields = Readonly<Record<string, unknown>>;

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
  return withDebtors
    ? { isAuthority, withDebtors, creditors: ROOT_CREDITOR, debtors: allotted }
    : { isAuthority, withDebtors, creditors: allotted, debtors: authority };
}

/** Whether the specification lets this message through; the stock broker takes anything. */
export function checkReceived({ type, contentType, body }: Received, by: Relation, now: number): Verdict {
  if (type === undefined) return { refused: 'SEND command without a type header.' };
  if (contentType === undefined) return { refused: 'SEND command without a content-type header.' };
  if (contentType !== JSON_TYPE) return { refused: `Unsupported content type: ${contentType}.` };
  if (body.length > MOST_BYTES) return { refused: 'The body is too large.' };
  if (!takes(by.isAuthority, type)) return { refused: `Invalid message type: ${type}.` };
  const invalid = (why: string): Verdict => ({ refused: `Invalid ${type} message: ${why}.` });
  const fields = fieldsOf(body);
  if (typeof fields === 'string') return invalid(fields);
  if (fields['type'] !== type) return invalid('the type in the body is another than in the header');
  const fault = fieldFault(type, fields);
  if (fault !== undefined) return invalid(fault);
  const refused = idFault(fields, by) ?? timeFault(fields, now);
  return refused === undefined ? { headers: headersOf(type, fields) } : { refused };
}

function fieldsOf(body: Buffer): Fields | string {
  try {
    const value = parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : 'it is no object';
  } catch {
    return 'it is not JSON in UTF-8';
  }
}

function idFault(fields: Fields, { withDebtors, creditors, debtors }: Relation): string | undefined {
  const [creditor, debtor] = [hexOf(fields['creditor_id']), hexOf(fields['debtor_id'])];
  if (!creditor.startsWith(creditors)) return `Invalid creditor ID: 0x${creditor}.`;
  if (!debtor.startsWith(debtors)) return `Invalid debtor ID: 0x${debtor}.`;
  if (fields['coordinator_id'] === undefined) return undefined;
  const coordinator = hexOf(fields['coordinator_id']);
  const kind = String(fields['coordinator_type']);
  if (!(withDebtors ? ['issuing'] : ['direct', 'agent']).includes(kind)) return `Invalid coordinator type: ${kind}.`;
  const isGood = {
    direct: coordinator === creditor,
    agent: coordinator.startsWith(creditors),
    issuing: coordinator === debtor && creditor === ROOT_CREDITOR,
  }[kind];
  return isGood === true ? undefined : 'Invalid coordinator ID.';
}

function timeFault(fields: Fields, now: number): string | undefined {
  const ahead = Date.parse(String(fields['ts'])) - now;
  return ahead > MOST_AHEAD_MS
    ? `The message timestamp is ${Math.round(ahead / 1000)} seconds in the future.`
    : undefined;
}

function headersOf(type: string, fields: Fields): Readonly<Record<string, string>> {
  const coordinated = fields['coordinator_id'] !== undefined;
  return {
    'message-type': type,
    'debtor-id': String(fields['debtor_id']),
    'creditor-id': String(fields['creditor_id']),
    ...(coordinated ? { 'coordinator-id': String(fields['coordinator_id']) } : {}),
    ...(coordinated ? { 'coordinator-type': String(fields['coordinator_type']) } : {}),
  };
}

/** IDs are signed; their subnets are those of the unsigned form. */
function hexOf(id: unknown): string {
  return BigInt.asUintN(64, BigInt(String(id)))
    .toString(16)
    .padStart(16, '0');
}
