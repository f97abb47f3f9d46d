import { isLosslessNumber } from 'lossless-json';

/** Says what is wrong with a value; undefined where it is good. */
type Check = (value: unknown) => string | undefined;

const integer =
  (least: bigint, most: bigint): Check =>
  (value) => {
    if (!isLosslessNumber(value) || !/^-?\d{1,20}$/.test(value.value)) return 'is not a whole number';
    const number = BigInt(value.value);
    return number < least || number > most ? `is not from ${least} to ${most}` : undefined;
  };
const number =
  (least: number, most = Infinity): Check =>
  (value) => {
    const found = isLosslessNumber(value) ? Number(value.value) : Number.NaN;
    if (!Number.isFinite(found)) return 'is not a number';
    return found < least || found > most ? `is out of range` : undefined;
  };
const text =
  (most: number, { ascii = false, least = 0 } = {}): Check =>
  (value) => {
    if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) return 'is not a text';
    if (value.length < least) return 'is empty';
    if (Buffer.byteLength(value) > most) return `has more than ${most} bytes`;
    return ascii && /[^\0-\x7f]/.test(value) ? 'has other characters than ASCII' : undefined;
  };
const form =
  (pattern: RegExp, what: string): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : `is not ${what}`;

/** RFC 3339, with as many digits after the point as the reference implementation reads. */
const TIME =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,12})?)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)$/;
const isDay = (text: string): boolean =>
  /^(?!0000)\d{4}-\d{2}-\d{2}$/.test(text) &&
  // A day that a month does not have is taken for one of the next month.
  new Date(`${text}T00:00:00Z`).getUTCDate() === Number(text.slice(-2));
const time: Check = (value) => {
  const day = typeof value === 'string' ? TIME.exec(value)?.[1] : undefined;
  return day !== undefined && isDay(day) ? undefined : 'is not a time';
};
const date: Check = (value) => (typeof value === 'string' && isDay(value) ? undefined : 'is not a date');

const i64 = integer(-(2n ** 63n), 2n ** 63n - 1n);
const i32 = integer(-(2n ** 31n), 2n ** 31n - 1n);
const n64 = integer(0n, 2n ** 63n - 1n);
const n32 = integer(0n, 2n ** 31n - 1n);
const rate = number(-100);
const demurrage = number(-100, 0);
const configuration = { config_data: text(2000), config_flags: i32, negligible_amount: number(0) };
const coordinatorType = { coordinator_type: text(30, { ascii: true, least: 1 }) };
const coordinator = { ...coordinatorType, coordinator_id: i64, coordinator_request_id: i64 };
const note = { transfer_note_format: form(/^[0-9A-Za-z.-]{0,8}$/, 'a format'), transfer_note: text(500) };
const iri: Check = (value) =>
  text(800)(value) ?? (Array.from(String(value)).length > 200 ? 'has more than 200 characters' : undefined);
const account = text(100, { ascii: true });
const status = text(30, { ascii: true });

/** The fields of each type of message besides debtor_id and creditor_id, by the Swaptacular Messaging Protocol. */
export const FIELDS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  ConfigureAccount: { ...configuration, seqnum: i32, ts: time },
  PrepareTransfer: {
    ...coordinator,
    ...{ min_locked_amount: n64, max_locked_amount: n64, recipient: account, final_interest_rate_ts: time },
    ...{ max_commit_delay: n32, ts: time },
  },
  FinalizeTransfer: { ...coordinator, ...note, transfer_id: i64, committed_amount: n64, ts: time },
  RejectedConfig: {
    ...configuration,
    ...{ config_ts: time, config_seqnum: i32, rejection_code: status, ts: time },
  },
  RejectedTransfer: { ...coordinator, status_code: status, total_locked_amount: n64, ts: time },
  PreparedTransfer: {
    ...coordinator,
    ...{ transfer_id: i64, locked_amount: n64, recipient: account, prepared_at: time, demurrage_rate: demurrage },
    ...{ deadline: time, final_interest_rate_ts: time, ts: time },
  },
  FinalizedTransfer: {
    ...coordinator,
    ...{ transfer_id: i64, committed_amount: n64, status_code: status, total_locked_amount: n64, prepared_at: time },
    ts: time,
  },
  AccountUpdate: {
    ...configuration,
    ...{ creation_date: date, last_change_ts: time, last_change_seqnum: i32, principal: i64 },
    ...{ interest: number(-Infinity), interest_rate: rate, last_interest_rate_change_ts: time, last_config_ts: time },
    ...{ last_config_seqnum: i32, account_id: account, debtor_info_iri: iri },
    ...{ debtor_info_content_type: account, debtor_info_sha256: form(/^(?:[0-9A-F]{64}|[0-9a-f]{64})?$/, 'a hash') },
    ...{ last_transfer_number: n64, last_transfer_committed_at: time, demurrage_rate: demurrage, commit_period: n32 },
    ...{ transfer_note_max_bytes: integer(0n, 500n), ts: time, ttl: n32 },
  },
  AccountPurge: { creation_date: date, ts: time },
  AccountTransfer: {
    ...coordinatorType,
    ...note,
    ...{ creation_date: date, transfer_number: integer(1n, 2n ** 63n - 1n), sender: account, recipient: account },
    ...{ acquired_amount: i64, committed_at: time, principal: i64, previous_transfer_number: n64, ts: time },
  },
};

/** Those that go to an accounting authority; the others come from one. */
const TO_AUTHORITY = new Set(['ConfigureAccount', 'PrepareTransfer', 'FinalizeTransfer']);

/** Whether an accounting authority, or an agent, takes messages of this type. */
export function takes(isAuthority: boolean, type: string): boolean {
  return Object.hasOwn(FIELDS, type) && TO_AUTHORITY.has(type) === isAuthority;
}

/** Whether messages of this type have an ID of a coordinator; a field of this name in others means nothing. */
export function isCoordinated(type: string): boolean {
  return Object.hasOwn(FIELDS[type] ?? {}, 'coordinator_id');
}

/** The first thing wrong with the fields of a message; undefined where all are good. */
export function fieldFault(type: string, fields: Readonly<Record<string, unknown>>): string | undefined {
  const checks = { debtor_id: i64, creditor_id: i64, ...FIELDS[type] };
  for (const [name, check] of Object.entries(checks)) {
    if (fields[name] === undefined || fields[name] === null) return `${name} is missing`;
    const fault = check(fields[name]);
    if (fault !== undefined) return `${name} ${fault}`;
  }
  return ruleFault(type, fields);
}

/** What one field says of another. */
function ruleFault(type: string, fields: Readonly<Record<string, unknown>>): string | undefined {
  const of = (name: string): bigint => BigInt(String(fields[name]));
  if (type === 'PrepareTransfer') {
    if (of('min_locked_amount') > of('max_locked_amount')) return 'max_locked_amount is less than min_locked_amount';
    const kind = fields['coordinator_type'];
    const whose = kind === 'direct' ? 'creditor_id' : kind === 'issuing' ? 'debtor_id' : undefined;
    if (whose !== undefined && of('coordinator_id') !== of(whose)) return `coordinator_id is not ${whose}`;
    if (kind === 'issuing' && of('creditor_id') !== 0n) return 'creditor_id is not 0 though the coordinator issues';
    return undefined;
  }
  if (type === 'RejectedTransfer' && fields['status_code'] === 'OK') return 'status_code is "OK"';
  if (type === 'FinalizedTransfer' && fields['status_code'] !== 'OK' && of('committed_amount') !== 0n)
    return 'committed_amount is not 0 though status_code is not "OK"';
  if (type !== 'AccountTransfer') return undefined;
  if (of('acquired_amount') === 0n) return 'acquired_amount is 0';
  const grows = of('previous_transfer_number') < of('transfer_number');
  return grows ? undefined : 'transfer_number is not greater than previous_transfer_number';
}
