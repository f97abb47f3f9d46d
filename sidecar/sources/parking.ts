import type { NetmapError } from '../lib/errors';
import type { ParkedInput } from './source';

/** Parks each input once, by its first error; an input that was parked for the same reason keeps its time. Sorted by origin. */
export function park(
  before: readonly ParkedInput[],
  errors: readonly { readonly origin: string; readonly error: NetmapError }[],
  now: number,
): ParkedInput[] {
  const known = new Map(before.map((parked) => [parked.origin, parked]));
  const parked = new Map<string, ParkedInput>();
  for (const { origin, error } of errors) {
    if (parked.has(origin)) continue;
    const same = known.get(origin);
    parked.set(origin, same !== undefined && isSame(same.error, error) ? same : { origin, error, since: now });
  }
  return [...parked.values()].sort((a, b) => (a.origin < b.origin ? -1 : 1));
}

/** Whether nothing was parked, released or parked for another reason. */
export function isParkedAlike(a: readonly ParkedInput[], b: readonly ParkedInput[]): boolean {
  return a.length === b.length && a.every((parked, index) => parked === b[index]);
}

function isSame(a: NetmapError, b: NetmapError): boolean {
  return a.code === b.code && a.message === b.message;
}
