import type { BenchContext } from './bench-context';

/** One way of doing the same. */
export interface Way {
  readonly send: () => Promise<void>;
  /** Takes what was sent. */
  readonly receive: () => Promise<void>;
}

/** Milliseconds a round, and how fast the second way is measured by the first, round by round. */
export interface Compared {
  readonly bare: number[];
  readonly ratios: number[];
}

const WARM_UP = 2;
const ROUNDS = 7;

/**
 * Both ways, one after the other and the other first in every second round, as the machine is not the same all the time.
 * `sameMessages`: what is received was sent by the bare way, so that both read the same.
 */
export async function inTurns(
  bare: Way,
  library: Way,
  context: BenchContext,
  { rounds = ROUNDS, sameMessages = false } = {},
): Promise<[Compared, Compared]> {
  const sends: Compared = { bare: [], ratios: [] };
  const receives: Compared = { bare: [], ratios: [] };
  for (let round = 0; round < WARM_UP + rounds; round += 1) {
    context.signal.throwIfAborted();
    const order = round % 2 === 0 ? [bare, library] : [library, bare];
    const took = new Map<Way, readonly [number, number]>();
    for (const way of order) {
      const sent = await timed(way.send);
      if (sameMessages) await bare.receive();
      if (sameMessages) await bare.send();
      took.set(way, [sent, await timed(way.receive)]);
    }
    if (round < WARM_UP) continue;
    const [bareSend = 0, bareReceive = 0] = took.get(bare) ?? [];
    const [librarySend = 0, libraryReceive = 0] = took.get(library) ?? [];
    sends.bare.push(bareSend);
    sends.ratios.push(bareSend / librarySend);
    receives.bare.push(bareReceive);
    receives.ratios.push(bareReceive / libraryReceive);
  }
  return [sends, receives];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** The value below which this share of all lies, from 0 to 1. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
