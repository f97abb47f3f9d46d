import type { SourcedPeer } from '../network/merge';

/** Whether the same was read from the same places. */
export function isAlike(a: readonly SourcedPeer[], b: readonly SourcedPeer[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ origin, version }, index) => origin === b[index]?.origin && version === b[index].version)
  );
}
