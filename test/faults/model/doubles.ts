/** One arrival at a peer, in the order in which they came. */
export interface Arrival {
  readonly number: number;
  /** Number of the connection that it came by. */
  readonly connection: number;
}

/** Why a message may have come twice. */
export interface Cut {
  readonly what: string;
  /** The connection that it ended; undefined: none, but what the own broker knew of the last ones. */
  readonly connection: number | undefined;
  /** Arrivals so far. */
  readonly at: number;
}

export interface Doubles {
  /** How many each cut explains, by what it was and its place. */
  readonly byCut: ReadonlyMap<string, number>;
  /** Those that nothing explains. */
  readonly unexplained: readonly string[];
}

export interface Limits {
  /** Messages without a receipt on a connection, at most. */
  readonly window: number;
  /** Messages that the relay had of the own broker, and that this did not know to be done with, at most. */
  readonly room: number;
}

/**
 * A message may come again where nobody knew that it had been taken: it was one of the last of a connection that ended,
 * or it was with the relay when the own broker or the sidecar was killed.
 */
export function explainDoubles(arrivals: readonly Arrival[], cuts: readonly Cut[], { window, room }: Limits): Doubles {
  const byCut = new Map<string, number>();
  const unexplained: string[] = [];
  const last = new Map<number, number>();
  const placeOf = placesFromEnd(arrivals);
  arrivals.forEach(({ number, connection }, at) => {
    const before = last.get(number);
    last.set(number, at);
    if (before === undefined) return;
    const earlier = arrivals[before]?.connection;
    const fits = (cut: Cut): boolean =>
      cut.connection === undefined
        ? before >= cut.at - room && before < cut.at + room && at >= cut.at
        : cut.connection === earlier && earlier !== connection && (placeOf[before] ?? Infinity) < room;
    const cut = cuts.find(fits);
    if (cut !== undefined) count(byCut, `${cut.what} at ${cut.at}`);
    else if (earlier !== connection && (placeOf[before] ?? Infinity) < window)
      count(byCut, `end of connection ${earlier ?? 0}`);
    else unexplained.push(`${number} at ${before} by ${earlier ?? 0} and at ${at} by ${connection}`);
  });
  return { byCut, unexplained };
}

/** How many came by the same connection after each. */
function placesFromEnd(arrivals: readonly Arrival[]): number[] {
  const places: number[] = [];
  const after = new Map<number, number>();
  for (let at = arrivals.length - 1; at >= 0; at -= 1) {
    const connection = arrivals[at]?.connection ?? 0;
    const found = after.get(connection) ?? 0;
    places[at] = found;
    after.set(connection, found + 1);
  }
  return places;
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
