import type { Fields } from './message-body';
import { isCoordinated } from './message-fields';

/** The 64 bits of a signed ID, 16 hexadecimal digits: a subnet is how they begin. */
export function hexOf(id: unknown): string {
  return BigInt.asUintN(64, BigInt(String(id)))
    .toString(16)
    .padStart(16, '0');
}

/** The same number within another subnet of the same size: decimal, signed. */
export function changeSubnet(id: unknown, to: string): string {
  return String(BigInt.asIntN(64, BigInt(`0x${to}${hexOf(id).slice(to.length)}`)));
}

/** The fields of a message that name its creditor: its coordinator does, unless debtors are concerned. */
export function creditorFields(type: string, fields: Fields): readonly ('creditor_id' | 'coordinator_id')[] {
  const isCreditor = fields['coordinator_type'] === 'direct' || fields['coordinator_type'] === 'agent';
  return isCreditor && isCoordinated(type) ? ['creditor_id', 'coordinator_id'] : ['creditor_id'];
}

/** The creditor's IDs in a message as they are in another subnet of that size; none where they are in it already. */
export function creditorsIn(subnet: string, type: string, fields: Fields): Readonly<Record<string, string>> {
  const moved = creditorFields(type, fields).filter((name) => !hexOf(fields[name]).startsWith(subnet));
  return Object.fromEntries(moved.map((name) => [name, changeSubnet(fields[name], subnet)]));
}
