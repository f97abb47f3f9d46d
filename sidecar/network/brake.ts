import { createHash } from 'node:crypto';

/** How much a map may lose at once without anybody being asked. */
export interface BrakeLimits {
  /** From 0 to 1: what part of the peers may leave. */
  readonly share: number;
  /** Fewer than so many may always leave. */
  readonly atLeast: number;
}

/** More has left at once than may without being asked. */
export interface Loss {
  /** Ids of those that would leave, ascending. */
  readonly lost: readonly string[];
  /** How many there were. */
  readonly of: number;
  /** Stands for exactly these: what an operator agrees to. SHA-256, upper-case hex. */
  readonly digest: string;
}

/**
 * What would be lost from `before` to `after`, where that is more than the limits allow; who comes does not weigh up
 * who leaves. Undefined when the change may go on.
 */
export function lossBeyond(
  before: Iterable<string>,
  after: ReadonlySet<string>,
  { share, atLeast }: BrakeLimits,
): Loss | undefined {
  const known = [...new Set(before)];
  const lost = known.filter((id) => !after.has(id)).sort();
  if (lost.length < Math.max(1, atLeast) || lost.length <= share * known.length) return undefined;
  return { lost, of: known.length, digest: digestOf(lost) };
}

function digestOf(lost: readonly string[]): string {
  return createHash('sha256').update(lost.join('\n')).digest('hex').toUpperCase();
}
