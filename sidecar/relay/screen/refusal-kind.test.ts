import { checkReceived, type Received } from './check-received';
import { relationOf } from './relation';
import { refusalKind } from './refusal-kind';

const authority = { id: '12345678', nodeType: 'accounting-authority' } as const;
const agent = { id: 'a'.repeat(32), nodeType: 'creditors-agent', subnet: '000001' } as const;
const relation = relationOf(authority, agent);

function reasonFor(received: Partial<Received>): string {
  if (relation === undefined) throw new Error('no relation');
  const type = 'PrepareTransfer';
  const verdict = checkReceived(
    { type, contentType: 'application/json', body: Buffer.from('{}'), ...received },
    relation,
    0,
  );
  if (!('refused' in verdict)) throw new Error('it is taken');
  return verdict.refused;
}

const configure = (creditor: string, ts: string): Partial<Received> => ({
  type: 'ConfigureAccount',
  body: Buffer.from(
    `{"type":"ConfigureAccount","creditor_id":${creditor},"debtor_id":${BigInt.asIntN(64, 0x12345678_00000001n)},` +
      `"negligible_amount":0.0,"config_flags":0,"config_data":"","ts":"${ts}","seqnum":0}`,
  ),
});

test.each([
  ['content-type', { contentType: 'text/<b>' }],
  ['size', { body: Buffer.alloc(10_000) }],
  ['type', { type: 'Nonsense' }],
  ['field', {}],
  ['frame', { type: undefined }],
  ['id', configure('5', '1970-01-01T00:00:00Z')],
  ['time', configure(String(0x0000_0100_0000_0001n), '2030-01-01T00:00:00Z')],
])('what the screen says of a fault of its %s is of that kind', (kind, received) => {
  expect(refusalKind(reasonFor(received))).toBe(kind);
});

test('what the screen says by itself, too; what nobody foresaw is told as other', () => {
  expect(refusalKind('No IDs are allotted between its sender and this node.')).toBe('no-ids');
  expect(refusalKind('The own broker does not take it: it is full')).toBe('broker');
  expect(refusalKind('x')).toBe('other');
});
