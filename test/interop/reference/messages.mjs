import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALLOTTED, AUTHORITY_ID, OWN } from './databases.mjs';
import { root } from './our-node.mjs';

const { bases } = JSON.parse(readFileSync(join(root, 'test/fixtures/swaptacular/reference-verdicts.json'), 'utf8'));

/** Good messages of each type, to the authority and from it: the fields as JSON texts. */
const KINDS = Object.fromEntries(
  [
    ['to-authority', 'in'],
    ['from-authority', 'out'],
  ].map(([way, of]) => [way, bases.filter((each) => each.relation === 0 && each.way === of)]),
);

const under = (digits, number) => String(BigInt.asIntN(64, BigInt(`0x${digits.padEnd(16, '0')}`) | BigInt(number)));
/** One of the agent's regular creditors, by how each side calls him. */
const creditorIn = (subnet) => under(subnet, (7n << 32n) | 7n);

/**
 * The n-th message: all types in turn, its number in the lower half of the ID of the debtor. `change` are fields that
 * are other than in a good one.
 */
export function message(way, sender, n, change = {}) {
  const kinds = KINDS[way];
  const { type, base } = kinds[n % kinds.length];
  const subnet = sender === 'aa' ? ALLOTTED : OWN;
  const creditor = creditorIn(subnet);
  const fields = {
    ...base,
    debtor_id: under(AUTHORITY_ID, n),
    creditor_id: creditor,
    ts: JSON.stringify(new Date().toISOString()),
  };
  if ('coordinator_id' in fields) fields.coordinator_id = change.creditor_id ?? creditor;
  Object.assign(fields, change);
  const body = `{${Object.entries(fields)
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    .join(',')}}`;
  // The hexadecimal digits of the ID that decides where it goes, as the reference implementation's applications write it.
  const id = sender === 'aa' ? fields.creditor_id : fields.debtor_id;
  const hex = BigInt.asUintN(64, BigInt(id)).toString(16).padStart(16, '0');
  return { type, body, key: hex.match(/../g).join('.') };
}

export const messages = (way, sender, count, first = 0) =>
  Array.from({ length: count }, (_, index) => message(way, sender, first + index));

const numberIn = (body, name) => new RegExp(`"${name}": ?(-?\\d+)`).exec(body)?.[1];

/**
 * What has arrived at `receiver`, as `{ type, contentType, body, headers }`, compared with what was sent: each there, in order,
 * with its type, and its IDs as the receiver calls them, in the body and in the headers.
 */
export function judge(way, receiver, found, count, first = 0) {
  const kinds = KINDS[way];
  const creditor = creditorIn(receiver === 'aa' ? ALLOTTED : OWN);
  const seen = new Set();
  const faults = [];
  let [doubled, last] = [0, -1];
  for (const { type, contentType, body, headers } of found) {
    const n = Number(BigInt.asUintN(32, BigInt(numberIn(body, 'debtor_id') ?? 0)));
    if (seen.has(n)) {
      doubled += 1;
      continue;
    }
    seen.add(n);
    if (n < last) faults.push(`${n} after ${last}`);
    last = n;
    const expected = kinds[n % kinds.length];
    const isCoordinated = 'coordinator_id' in expected.base;
    const wanted = {
      ...{ type: expected.type, contentType: 'application/json', creditor, 'message-type': expected.type },
      ...{ 'debtor-id': under(AUTHORITY_ID, n), 'creditor-id': creditor },
      ...(isCoordinated ? { coordinator: creditor, 'coordinator-id': creditor, 'coordinator-type': 'direct' } : {}),
      ...(receiver === 'ca' ? { 'ca-creditors': 'true', 'ca-trade': 'false' } : {}),
    };
    const is = { type, contentType, creditor: numberIn(body, 'creditor_id'), ...headers };
    if (isCoordinated) is.coordinator = numberIn(body, 'coordinator_id');
    for (const [name, value] of Object.entries(wanted))
      if (String(is[name]).toLowerCase() !== value.toLowerCase())
        faults.push(`${n} (${type}): ${name} is ${is[name]}, not ${value}`);
  }
  for (let n = first; n < first + count; n += 1) if (!seen.has(n)) faults.push(`${n} is missing`);
  for (const n of seen) if (n < first || n >= first + count) faults.push(`${n} was never sent`);
  return { arrived: found.length, distinct: seen.size, doubled, faults };
}
