import { sha256Hex } from '../lib/digest';
import { messageOf } from '../lib/errors';
import type { BrokerPlan } from './broker-plan';
import { PlanError } from './plan-error';

const FORMAT = 'artemis-netmap plan';
/** Grows with each change of what a BrokerPlan holds: an older plan says nothing certain about a newer one. */
export const PLAN_VERSION = 2;

/** Entries of a list that are written out at once. */
const AT_ONCE = 200;

/**
 * A plan as one line of JSON, in pieces: with thousands of peers the whole of it takes more memory than all else. It
 * holds the users' password hashes: keep it as safe as the login files.
 */
export function* planPieces(plan: BrokerPlan): Generator<string> {
  let before = '{';
  for (const [name, value] of Object.entries(plan) as [string, unknown][]) {
    if (value === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    if (Array.isArray(value)) yield* listPieces(value);
    else yield JSON.stringify(value);
    before = ',';
  }
  yield '}';
}

function* listPieces(list: readonly unknown[]): Generator<string> {
  yield '[';
  for (let start = 0; start < list.length; start += AT_ONCE) {
    const piece = JSON.stringify(list.slice(start, start + AT_ONCE)).slice(1, -1);
    yield start === 0 ? piece : `,${piece}`;
  }
  yield ']';
}

/** The line before a plan, with its SHA-256 (lower-case hex); of the same length for every plan. */
export function planHead(sha256: string): string {
  return `${JSON.stringify({ format: FORMAT, version: PLAN_VERSION, sha256 })}\n`;
}

/** A plan as text, to be read back by `parsePlan`. */
export function serialisePlan(plan: BrokerPlan): string {
  const content = [...planPieces(plan)].join('');
  return `${planHead(sha256Hex(content))}${content}\n`;
}

/**
 * The plan that `serialisePlan` wrote. Whatever else is refused, be it cut short, edited or of another program: its
 * digest tells.
 * @throws PlanError PLAN_FILE_BROKEN or PLAN_FILE_VERSION
 */
export function parsePlan(text: string): BrokerPlan {
  const [first = '', content = '', ...rest] = text.split('\n');
  const head = headOf(first);
  if (head['format'] !== FORMAT) throw broken('it was not written by this program');
  if (head['version'] !== PLAN_VERSION) {
    throw new PlanError(
      'PLAN_FILE_VERSION',
      `The kept plan has version ${JSON.stringify(head['version'])}, and this program reads ${PLAN_VERSION}`,
      { remedy: 'Remove the file: the plan is then made anew from the map and compared with the broker.' },
    );
  }
  if (head['sha256'] !== sha256Hex(content) || rest.join('') !== '') throw broken('it is cut short or was changed');
  return JSON.parse(content) as BrokerPlan;
}

function headOf(line: string): Readonly<Record<string, unknown>> {
  let head: unknown;
  try {
    head = JSON.parse(line);
  } catch (cause) {
    throw broken(`its first line is not JSON (${messageOf(cause)})`, cause);
  }
  if (typeof head !== 'object' || head === null) throw broken('its first line is not a JSON object');
  return head as Readonly<Record<string, unknown>>;
}

function broken(reason: string, cause?: unknown): PlanError {
  return new PlanError('PLAN_FILE_BROKEN', `The kept plan cannot be used: ${reason}`, {
    remedy: 'Remove the file: the plan is then made anew from the map and compared with the broker.',
    cause,
  });
}
