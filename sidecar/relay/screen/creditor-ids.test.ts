import fc from 'fast-check';
import { changeSubnet, creditorFields, creditorsIn, hexOf } from './creditor-ids';

test.each([
  ['1099511627783', '0000a7', '183618441838599'],
  ['0', '1', '1152921504606846976'],
  ['0', 'f', '-1152921504606846976'],
  ['-1', '0', '1152921504606846975'],
  ['-9223372036854775808', '7fffffffffffffff', '9223372036854775807'],
])('%s in the subnet %s is %s', (id, subnet, moved) => {
  expect(changeSubnet(id, subnet)).toBe(moved);
});

const id = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const subnet = fc.integer({ min: 1, max: 16 }).chain((digits) => fc.tuple(hex(digits), hex(digits)));
const hex = (digits: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: digits, maxLength: digits })
    .map((all) => all.map((one) => one.toString(16)).join(''));

test('what is translated comes back, stays within 64 bits, and keeps all that is behind its subnet', () => {
  fc.assert(
    fc.property(id, subnet, (any, [from, to]) => {
      const before = changeSubnet(any, from);
      const after = changeSubnet(before, to);
      expect(BigInt.asIntN(64, BigInt(after))).toBe(BigInt(after));
      expect(hexOf(after)).toBe(to + hexOf(before).slice(to.length));
      expect(changeSubnet(after, from)).toBe(before);
    }),
  );
});

test('the coordinator is a creditor unless debtors are concerned, and where the type has one at all', () => {
  const of = (type: string, kind: string) =>
    creditorFields(type, { coordinator_type: kind, coordinator_id: 1, creditor_id: 1 });
  expect(of('PrepareTransfer', 'direct')).toEqual(['creditor_id', 'coordinator_id']);
  expect(of('PreparedTransfer', 'agent')).toEqual(['creditor_id', 'coordinator_id']);
  expect(of('PrepareTransfer', 'issuing')).toEqual(['creditor_id']);
  expect(of('AccountTransfer', 'direct')).toEqual(['creditor_id']);
});

test('an ID that is in the subnet already is not among those that change', () => {
  const fields = { coordinator_type: 'agent', creditor_id: '1099511627783', coordinator_id: '2199023255552' };
  expect(creditorsIn('000001', 'PrepareTransfer', fields)).toEqual({ coordinator_id: '1099511627776' });
});
