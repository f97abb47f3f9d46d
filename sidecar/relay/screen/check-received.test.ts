import fc from 'fast-check';
import { checkReceived } from './check-received';
import { FIELDS } from './message-fields';
import { relationOf, type Relation } from './relation';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const AA = { id: '1234abcd', nodeType: 'accounting-authority', subnet: '1234abcd' } as const;
const CA = { id: 'f'.repeat(32), nodeType: 'creditors-agent', subnet: '000001' } as const;
const DA = { id: 'd'.repeat(32), nodeType: 'debtors-agent', subnet: '1234abcd00' } as const;

const atAuthority = relationOf(AA, CA) as Relation;
const atCreditors = relationOf(CA, { ...AA, subnet: '000001' }) as Relation;
const atDebtors = relationOf(DA, { id: AA.id, nodeType: AA.nodeType, subnet: undefined }) as Relation;
const fromDebtors = relationOf(AA, DA) as Relation;

const signed = (hex: string): bigint => BigInt.asIntN(64, BigInt(`0x${hex}`));
const CREDITOR = signed('0000010000000007');
const DEBTOR = signed('1234abcd00000005');

/** JSON with numbers as they are, whatever their size. */
const json = (fields: Readonly<Record<string, unknown>>): string =>
  `{${Object.entries(fields)
    .map(([name, value]) => `${JSON.stringify(name)}:${typeof value === 'bigint' ? value : JSON.stringify(value)}`)
    .join(',')}}`;

const PREPARE: Readonly<Record<string, unknown>> = {
  type: 'PrepareTransfer',
  debtor_id: DEBTOR,
  creditor_id: CREDITOR,
  coordinator_type: 'direct',
  coordinator_id: CREDITOR,
  coordinator_request_id: 9_223_372_036_854_775_807n,
  min_locked_amount: 1,
  max_locked_amount: 1000,
  recipient: '2',
  final_interest_rate_ts: '9999-12-31T23:59:59+00:00',
  max_commit_delay: 2_147_483_647,
  ts: '2026-11-22T11:59:59.123456Z',
};

const verdict = (fields: Readonly<Record<string, unknown>>, by = atAuthority) =>
  checkReceived(
    { type: String(fields['type']), contentType: 'application/json', body: Buffer.from(json(fields)) },
    by,
    NOW,
  );
const without = (name: string) => Object.fromEntries(Object.entries(PREPARE).filter(([key]) => key !== name));

test('what is good gets the headers that consumers know, numbers as they are', () => {
  expect(verdict(PREPARE)).toEqual({
    body: Buffer.from(json(PREPARE)),
    headers: {
      'message-type': 'PrepareTransfer',
      'debtor-id': String(DEBTOR),
      'creditor-id': String(CREDITOR),
      'coordinator-id': String(CREDITOR),
      'coordinator-type': 'direct',
    },
  });
});

test('fields that nobody knows are let through', () => {
  expect(verdict({ ...PREPARE, further: [1, { a: null }] })).toHaveProperty('headers');
});

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  ['another type in the body', { ...PREPARE, type: 'FinalizeTransfer' }, 'min'],
  ['a type that only agents take', { ...PREPARE, type: 'PreparedTransfer' }, 'Invalid message type: PreparedTransfer.'],
  ['a type of an object', { ...PREPARE, type: 'constructor' }, 'Invalid message type: constructor.'],
  ['no ID', without('creditor_id'), 'creditor_id is missing'],
  ['a fraction', { ...PREPARE, max_locked_amount: 1.5 }, 'max_locked_amount is not a whole number'],
  ['a number beyond 64 bits', { ...PREPARE, coordinator_request_id: 2n ** 63n }, 'coordinator_request_id is not from'],
  ['a number as text', { ...PREPARE, min_locked_amount: '1' }, 'min_locked_amount is not a whole number'],
  ['a negative amount', { ...PREPARE, min_locked_amount: -1 }, 'min_locked_amount is not from 0'],
  ['amounts the wrong way round', { ...PREPARE, min_locked_amount: 1001 }, 'max_locked_amount is less than'],
  ['a recipient beyond ASCII', { ...PREPARE, recipient: 'ü' }, 'recipient has other characters'],
  ['a recipient that is too long', { ...PREPARE, recipient: 'x'.repeat(101) }, 'recipient has more than 100 bytes'],
  ['no time', { ...PREPARE, ts: 'yesterday' }, 'ts is not a time'],
  ['a day that is not', { ...PREPARE, ts: '2026-13-40T00:00:00Z' }, 'ts is not a time'],
  [
    'a clock hours ahead',
    { ...PREPARE, ts: '2026-11-22T14:00:01Z' },
    'The message timestamp is 7201 seconds in the future.',
  ],
  [
    "another agent's creditor",
    { ...PREPARE, creditor_id: signed('0000020000000007'), coordinator_id: signed('0000020000000007') },
    'Invalid creditor ID: 0x0000020000000007.',
  ],
  [
    'a creditor below',
    { ...PREPARE, creditor_id: signed('000000ffffffffff'), coordinator_id: signed('000000ffffffffff') },
    'Invalid creditor ID: 0x000000ffffffffff.',
  ],
  ["another authority's debtor", { ...PREPARE, debtor_id: -1 }, 'Invalid debtor ID: 0xffffffffffffffff.'],
  ['a coordinator of debtors', { ...PREPARE, coordinator_type: 'Direct' }, 'Invalid coordinator type: Direct.'],
  ['a coordinator of no kind', { ...PREPARE, coordinator_type: 'toString' }, 'Invalid coordinator type: toString.'],
  ['another as coordinator', { ...PREPARE, coordinator_id: CREDITOR + 1n }, 'coordinator_id is not creditor_id'],
  ['an agent from elsewhere', { ...PREPARE, coordinator_type: 'agent', coordinator_id: 5 }, 'Invalid coordinator ID.'],
])('refused: %s', (_, fields, words) => {
  const type = 'PrepareTransfer';
  const { refused } = (
    words === 'min'
      ? checkReceived({ type, contentType: 'application/json', body: Buffer.from(json(fields)) }, atAuthority, NOW)
      : verdict(fields)
  ) as { refused: string };
  expect(refused).toContain(words === 'min' ? 'the type in the body is another than in the header' : words);
});

test.each<[string, Parameters<typeof checkReceived>[0], string]>([
  ['no type', { type: undefined, contentType: 'application/json', body: Buffer.from('{}') }, 'without a type header'],
  [
    'no content type',
    { type: 'PrepareTransfer', contentType: undefined, body: Buffer.from('{}') },
    'content-type header',
  ],
  [
    'text',
    { type: 'PrepareTransfer', contentType: 'text/plain', body: Buffer.from('{}') },
    'Unsupported content type: text/plain.',
  ],
  [
    'a charset',
    { type: 'PrepareTransfer', contentType: 'application/json; charset=utf-8', body: Buffer.from('{}') },
    'Unsupported',
  ],
  [
    '8,193 bytes',
    { type: 'PrepareTransfer', contentType: 'application/json', body: Buffer.alloc(8193, ' ') },
    'The body is too large.',
  ],
  ['no JSON', { type: 'PrepareTransfer', contentType: 'application/json', body: Buffer.from('{"a":') }, 'not JSON'],
  [
    'no UTF-8',
    { type: 'PrepareTransfer', contentType: 'application/json', body: Buffer.from([0x22, 0xff, 0x22]) },
    'not JSON in UTF-8',
  ],
  ['a list', { type: 'PrepareTransfer', contentType: 'application/json', body: Buffer.from('[]') }, 'it is no object'],
  ['nothing', { type: 'PrepareTransfer', contentType: 'application/json', body: Buffer.alloc(0) }, 'not JSON'],
])('refused: %s', (_, received, words) => {
  expect((checkReceived(received, atAuthority, NOW) as { refused: string }).refused).toContain(words);
});

test('a coordinator where the type has none is a field that nobody knows', () => {
  const transfer = {
    ...{ type: 'AccountTransfer', debtor_id: DEBTOR, creditor_id: CREDITOR, creation_date: '2026-01-01', sender: '1' },
    ...{ coordinator_type: 'agent', coordinator_id: 'x', transfer_number: 2, recipient: '2', acquired_amount: 1 },
    ...{ committed_at: '2026-11-22T00:00:00Z', principal: 1, previous_transfer_number: 1, ts: '2026-11-22T00:00:00Z' },
    ...{ transfer_note: '', transfer_note_format: '' },
  };
  expect(verdict(transfer, atCreditors)).toMatchObject({
    headers: { 'message-type': 'AccountTransfer', 'ca-creditors': 'false', 'ca-trade': 'true' },
  });
});

test('an agent under other IDs at its authority gets its own, in the body and in the headers', () => {
  const under = relationOf(CA, { ...AA, subnet: '0000a7' }) as Relation;
  const theirs = signed('0000a70100000007');
  const purge = (id: bigint) => ({
    type: 'AccountPurge',
    debtor_id: DEBTOR,
    creditor_id: id,
    creation_date: '2026-01-01',
    ts: '2026-11-22T00:00:00Z',
  });
  expect(verdict(purge(theirs), under)).toEqual({
    body: Buffer.from(json(purge(signed('0000010100000007')))),
    headers: {
      'message-type': 'AccountPurge',
      'debtor-id': String(DEBTOR),
      'creditor-id': String(signed('0000010100000007')),
      'ca-creditors': 'true',
      'ca-trade': 'false',
    },
  });
  expect(verdict(purge(CREDITOR), under)).toEqual({ refused: 'Invalid creditor ID: 0x0000010000000007.' });
});

test('whoever answers for which IDs depends on who talks to whom', () => {
  expect(atCreditors).toEqual({
    ...{ isAuthority: false, withDebtors: false, creditors: '000001', debtors: '1234abcd', ownCreditors: '000001' },
  });
  expect(relationOf({ ...CA, subnet: '01' }, { ...AA, subnet: '000001' })).toBeUndefined();
  expect(atDebtors).toEqual({
    isAuthority: false,
    withDebtors: true,
    creditors: '0'.repeat(16),
    debtors: '1234abcd00',
  });
  const issuing = { ...PREPARE, coordinator_type: 'issuing', creditor_id: 0, coordinator_id: DEBTOR };
  expect(verdict(issuing, fromDebtors)).toHaveProperty('headers');
  expect(verdict({ ...issuing, creditor_id: CREDITOR }, fromDebtors)).toMatchObject({
    refused: expect.stringContaining('creditor_id is not 0') as string,
  });
  expect(relationOf({ id: DA.id, nodeType: DA.nodeType }, { ...AA, subnet: undefined })).toBeUndefined();
});

test('whatever comes, it is taken or refused, and never an error', () => {
  const types = fc.constantFrom(...Object.keys(FIELDS));
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string().map((text) => text),
  );
  fc.assert(
    fc.property(
      types,
      fc.dictionary(fc.string(), value),
      fc.dictionary(fc.constantFrom(...Object.keys(PREPARE)), value),
      (type, odd, known) => {
        const body = Buffer.from(JSON.stringify({ ...odd, ...known, type }));
        const found = checkReceived({ type, contentType: 'application/json', body }, atAuthority, NOW);
        expect('headers' in found || 'refused' in found).toBe(true);
      },
    ),
  );
});
