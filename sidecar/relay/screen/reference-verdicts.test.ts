import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../lib/package-root';
import type { SwaptacularNode, SwaptacularPeer } from '../../network/swaptacular-node';
import { checkReceived } from './check-received';
import { checkSent } from './check-sent';
import { fieldsOf } from './message-body';
import { relationOf, type Relation } from './relation';

/** Written by the reference implementation: test/interop/reference/make-vectors.py says how, and what the parts are. */
interface Verdicts {
  readonly now: string;
  readonly relations: readonly Parties[];
  readonly frames: readonly (readonly [type: string, contentType: string, body: string, verdict: string])[];
  readonly bases: readonly Base[];
}
interface Parties {
  readonly own: Party;
  readonly peer: Party;
}
type Party = Pick<SwaptacularNode & SwaptacularPeer, 'id' | 'nodeType'> & { readonly subnet: string | null };
interface Base {
  readonly relation: number;
  readonly way: 'in' | 'out';
  readonly type: string;
  readonly base: Readonly<Record<string, string>>;
  readonly cases: Readonly<Record<string, readonly (readonly (string | null)[])[]>>;
}

const FILE = join(packageRoot(), 'test/fixtures/swaptacular/reference-verdicts.json');
const verdicts = JSON.parse(readFileSync(FILE, 'utf8')) as Verdicts;
const now = Date.parse(verdicts.now);

const relations = verdicts.relations.map(({ own, peer }) => {
  const party = ({ subnet, ...rest }: Party) => ({ ...rest, ...(subnet === null ? {} : { subnet }) });
  return relationOf(party(own), party(peer)) as Relation;
});

const textOf = (value: string): string => {
  if (!value.startsWith('@')) return value;
  const [text = '', count] = value.slice(1).split('*');
  return `"${text.repeat(Number(count))}"`;
};

function bodyOf(base: Base['base'], change: readonly (string | null)[]): Buffer {
  const fields: Record<string, string | null> = { ...base };
  for (let at = 0; at < change.length; at += 2) fields[change[at] ?? ''] = change[at + 1] ?? null;
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    value === null ? [] : [`${JSON.stringify(name)}:${textOf(value)}`],
  );
  return Buffer.from(`{${parts.join(',')}}`);
}

/** What we say, in the form of the file. */
function ours(way: 'in' | 'out', relation: Relation, type: string, contentType: string, body: Buffer): string {
  if (way === 'in') {
    const found = checkReceived({ type, contentType, body }, relation, now);
    if ('refused' in found) return found.refused;
    const names = ['creditor-id', 'coordinator-id', 'ca-creditors', 'ca-trade'];
    const [creditor, ...rest] = names.map((name) => found.headers[name] ?? '');
    const same = numbersOf(found.body, 'creditor_id', type).join() === creditor;
    return same ? `=${[creditor, ...rest].join(',')}` : 'the header differs from the body';
  }
  const found = checkSent({ id: undefined, type, contentType, body }, relation);
  if ('refused' in found) return found.refused;
  const sent = found.message.body;
  return `=${[...numbersOf(sent, 'creditor_id', type), numbersOf(sent, 'coordinator_id', type).join()].join(',')}`;
}

function numbersOf(body: Buffer, name: string, type: string): string[] {
  const coordinated = /^(?:Prepare|Finalize|Rejected|Prepared|Finalized)Transfer$/.test(type);
  const value = (fieldsOf(body) as Readonly<Record<string, unknown>>)[name];
  return name === 'coordinator_id' && !coordinated ? [] : [String(BigInt(String(value)))];
}

/** Both have refused the fields, or the words are the same. Python writes True and False. */
function agree(theirs: string, mine: string): boolean {
  if (/^Invalid \w+ message\.$/.test(theirs)) return mine.startsWith(theirs.replace(/\.$/, ': '));
  const [a, b] = [theirs, mine].map((words) => words.toLowerCase());
  return a === b;
}

/** Where we are stricter: the reference implementation takes these and writes them anew in its own way; our bodies pass as they are. */
const LAX: Readonly<Record<string, RegExp>> = {
  'a number in a text': /^"\s*-?\d+(?:\.\d+)?\s*"$/,
  'a whole number with a point or an exponent': /^-?\d+(?:\.\d+|e\d+)$/,
  'a time or a day that is not one of RFC 3339': /^"\p{Nd}{4}-/u,
  'a line feed at the end of a pattern': /\\n"$/,
  'half of a surrogate pair': /\\u(?:d800|dc00)/,
};
const STRICT = /^Invalid \w+ message: \w+ is not a (?:whole number|number|time|date|format|hash|text)\.$/;

/** Why we say something else, where we mean to; undefined where we do not mean to. */
function purposeOf(theirs: string, mine: string, value: string, { own, peer }: Parties): string | undefined {
  const crosses = (own.subnet ?? '') >= '8' !== (peer.subnet ?? '') >= '8' && own.nodeType === 'creditors-agent';
  if (theirs === '!OverflowError' && mine.startsWith('=')) return crosses ? 'another sign' : undefined;
  return STRICT.test(mine) ? Object.entries(LAX).find(([, lax]) => lax.test(value))?.[0] : undefined;
}

test('thousands of messages get the verdict, the words and the IDs of the reference implementation, or a stricter verdict on purpose', () => {
  const surprises: string[] = [];
  const purposes = new Map<string, number>();
  let agreed = 0;
  for (const { relation, way, type, base, cases } of verdicts.bases)
    for (const [theirs, changes] of Object.entries(cases))
      for (const change of changes) {
        const by = relations[relation] as Relation;
        const mine = ours(way, by, type, 'application/json', bodyOf(base, change));
        if (agree(theirs, mine)) agreed += 1;
        else {
          const parties = verdicts.relations[relation] as Parties;
          const purpose = purposeOf(theirs, mine, change.at(-1) ?? '', parties);
          if (purpose === undefined)
            surprises.push(`${relation} ${way} ${type} ${change.join(' ')}: ${theirs} | ${mine}`);
          else purposes.set(purpose, (purposes.get(purpose) ?? 0) + 1);
        }
      }
  expect(surprises).toEqual([]);
  expect([...purposes.keys()].sort()).toEqual(['another sign', ...Object.keys(LAX)].sort());
  expect(agreed).toBeGreaterThan(9_500);
});

test.each(
  verdicts.frames.map(([type, contentType, body, theirs], index) => ({ index, type, contentType, body, theirs })),
)('frame $index: $type $contentType', ({ type, contentType, body, theirs }) => {
  const mine = ours('in', relations[0] as Relation, type, contentType, Buffer.from(body));
  expect([agree(theirs, mine), mine]).toEqual([true, mine]);
});
