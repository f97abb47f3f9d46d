import { creditorsIn, hexOf } from './creditor-ids';
import { fieldsOf, withNumbers, type Fields } from './message-body';
import { fieldFault, isCoordinated, takes } from './message-fields';
import { ROOT_CREDITOR, type Relation } from './relation';

/** What a peer has sent, as far as it can be wrong. */
export interface Received {
  readonly type: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/**
 * Taken: what consumers of the reference implementation find in the headers, and the body with the IDs that we know, the
 * very same buffer where they are the peer's. Refused: why, in its words.
 */
export type Verdict =
  { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer } | { readonly refused: string };

const MOST_BYTES = 8192;
const JSON_TYPE = 'application/json';
/** A peer's clock may be so far ahead, milliseconds. */
const MOST_AHEAD_MS = 7_200_000;

/** Whether the specification lets this message through; the stock broker takes anything. */
export function checkReceived({ type, contentType, body }: Received, by: Relation, now: number): Verdict {
  if (type === undefined) return { refused: 'SEND command without a type header.' };
  if (contentType === undefined) return { refused: 'SEND command without a content-type header.' };
  if (contentType !== JSON_TYPE) return { refused: `Unsupported content type: ${contentType}.` };
  if (body.length > MOST_BYTES) return { refused: 'The body is too large.' };
  const fields = readMessage(type, body, by.isAuthority);
  if (typeof fields === 'string') return { refused: fields };
  const refused = timeFault(fields, now) ?? idFault(fields, by) ?? coordinatorFault(type, fields, by);
  if (refused !== undefined) return { refused };
  const moved = by.ownCreditors === undefined ? {} : creditorsIn(by.ownCreditors, type, fields);
  const headers = headersOf(type, { ...fields, ...moved });
  const flags = by.ownCreditors === undefined ? {} : tradeFlags(type, fields);
  return { headers: { ...headers, ...flags }, body: withNumbers(body, moved) };
}

/** The fields of a message that an authority, or an agent, may get; why it may not, in words, where they are wrong. */
export function readMessage(type: string, body: Buffer, byAuthority: boolean): Fields | string {
  if (!takes(byAuthority, type)) return `Invalid message type: ${type}.`;
  const fields = fieldsOf(body);
  const fault =
    typeof fields === 'string'
      ? fields
      : fields['type'] === type
        ? fieldFault(type, fields)
        : 'the type in the body is another than in the header';
  return fault === undefined ? fields : `Invalid ${type} message: ${fault}.`;
}

/** Whether creditor and debtor are among those that go with the peer; undefined where they are. */
export function idFault(fields: Fields, { creditors, debtors }: Relation): string | undefined {
  const [creditor, debtor] = [hexOf(fields['creditor_id']), hexOf(fields['debtor_id'])];
  if (!creditor.startsWith(creditors)) return `Invalid creditor ID: 0x${creditor}.`;
  return debtor.startsWith(debtors) ? undefined : `Invalid debtor ID: 0x${debtor}.`;
}

function coordinatorFault(type: string, fields: Fields, { withDebtors, creditors }: Relation): string | undefined {
  if (!isCoordinated(type)) return undefined;
  const [creditor, debtor] = [hexOf(fields['creditor_id']), hexOf(fields['debtor_id'])];
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
  const number = (name: string): string => String(BigInt(String(fields[name])));
  return {
    'message-type': type,
    'debtor-id': number('debtor_id'),
    'creditor-id': number('creditor_id'),
    ...(isCoordinated(type)
      ? { 'coordinator-id': number('coordinator_id'), 'coordinator-type': String(fields['coordinator_type']) }
      : {}),
  };
}

/**
 * Whether it concerns accounts of creditors, and whether it concerns automatic trades, whose accounts are the lowest 2^32
 * of an agent's subnet; it may be both.
 */
function tradeFlags(type: string, fields: Fields): Readonly<Record<string, string>> {
  const byAgent = fields['coordinator_type'] === 'agent';
  const isTrade = hexOf(fields['creditor_id']).slice(6, 8) === '00' || (byAgent && isCoordinated(type));
  const isNotice = byAgent && type === 'AccountTransfer';
  return { 'ca-creditors': String(!isTrade), 'ca-trade': String(isTrade || isNotice) };
}
