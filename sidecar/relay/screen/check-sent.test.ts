import type { Outgoing } from '../relay-message';
import { checkSent } from './check-sent';
import { relationOf, type Relation } from './relation';

const AGENT = { id: 'f'.repeat(32), nodeType: 'creditors-agent' } as const;
const AUTHORITY = { id: '1234abcd', nodeType: 'accounting-authority' } as const;
const translating = relationOf({ ...AGENT, subnet: '000001' }, { ...AUTHORITY, subnet: '0000a7' }) as Relation;
const asItIs = relationOf({ ...AGENT, subnet: '000001' }, { ...AUTHORITY, subnet: '000001' }) as Relation;
const atAuthority = relationOf({ ...AUTHORITY, subnet: AUTHORITY.id }, { ...AGENT, subnet: '0000a7' }) as Relation;

const OURS = '1099511627783';
const THEIRS = '183618441838599';

const prepare = (creditor: string, coordinator = creditor, kind = 'direct'): Buffer =>
  Buffer.from(
    `{ "type":"PrepareTransfer", "debtor_id":1311862288428302341, "creditor_id" : ${creditor}, "coordinator_type":"${kind}",` +
      `"coordinator_id":${coordinator},"coordinator_request_id":-1,"min_locked_amount":1,"max_locked_amount":9,"recipient":"${OURS}",` +
      `"further":{"creditor_id":${creditor}},"final_interest_rate_ts":"9999-12-31T23:59:59Z","max_commit_delay":1,"ts":"2026-11-22T00:00:00Z"}`,
  );
const message = (body: Buffer, type = 'PrepareTransfer') => ({ id: 'a', type, contentType: 'application/json', body });
const bodyOf = (found: Outgoing): string => ('message' in found ? String(found.message.body) : found.refused);

test('an agent under other IDs at its authority: creditor and coordinator are translated, and nothing else', () => {
  const expected = String(prepare(THEIRS)).replace(`{"creditor_id":${THEIRS}}`, `{"creditor_id":${OURS}}`);
  expect(bodyOf(checkSent(message(prepare(OURS)), translating))).toBe(expected);
  const byAgent = checkSent(message(prepare(OURS, '1099511627776', 'agent')), translating);
  expect(bodyOf(byAgent)).toContain('"coordinator_id":183618441838592,');
});

test('where both say the same IDs the very same message goes', () => {
  const sent = message(prepare(OURS));
  expect(checkSent(sent, asItIs)).toEqual({ message: sent });
  expect((checkSent(sent, asItIs) as { message: unknown }).message).toBe(sent);
});

test('other contents go as they are where there is nothing to translate', () => {
  const sent = { ...message(Buffer.from([0xa0])), contentType: 'application/cbor' };
  expect(checkSent(sent, asItIs)).toEqual({ message: sent });
  expect(checkSent(sent, atAuthority)).toEqual({ message: sent });
});

test.each<[string, Relation, ReturnType<typeof message>, string]>([
  ['IDs of the other side', translating, message(prepare(THEIRS)), 'Invalid creditor ID: 0x0000a70000000007.'],
  [
    'a coordinator of others',
    asItIs,
    message(prepare(OURS, '7', 'agent')),
    'Invalid coordinator ID: 0x0000000000000007.',
  ],
  [
    "an agent's message at an authority",
    atAuthority,
    message(prepare(THEIRS)),
    'Invalid message type: PrepareTransfer.',
  ],
  [
    'no fields',
    asItIs,
    message(Buffer.from('{"type":"PrepareTransfer"}')),
    'Invalid PrepareTransfer message: debtor_id is missing.',
  ],
  [
    'IDs that nobody can translate',
    translating,
    { ...message(prepare(OURS)), contentType: 'application/cbor' },
    'Unsupported content type: application/cbor. The IDs in it must be translated.',
  ],
  [
    'a debtor of others',
    asItIs,
    message(Buffer.from(String(prepare(OURS)).replace('1311862288428302341', '5'))),
    'Invalid debtor ID: 0x0000000000000005.',
  ],
])('refused before it leaves: %s', (_, by, sent, reason) => {
  expect(checkSent(sent, by)).toEqual({ refused: reason });
});
