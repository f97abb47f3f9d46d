/** When an entry was last vouched for, milliseconds since the epoch, by id. */
export type Refreshes = ReadonlyMap<string, number>;

/**
 * Ids of the entries that were not refreshed within the event horizon (milliseconds), ascending: they leave until they
 * are refreshed again. An entry refreshed exactly that long ago stays, and so does one from the future of a clock that
 * was set back.
 */
export function staleEntries(refreshes: Refreshes, horizonMs: number, now: number): string[] {
  return [...refreshes]
    .filter(([, at]) => now - at > horizonMs)
    .map(([id]) => id)
    .sort();
}

/** When the next entry will be stale if nothing is refreshed until then; undefined where there is none. */
export function nextStaleAt(refreshes: Refreshes, horizonMs: number, now: number): number | undefined {
  let next: number | undefined;
  for (const at of refreshes.values()) {
    const due = at + horizonMs + 1;
    if (due > now && (next === undefined || due < next)) next = due;
  }
  return next;
}
