/**
 * What a server does besides its work, when a message of that number comes in (counted over all connections):
 * - reset: the connection is broken off, before or after the message is stored, without its receipt
 * - lose-receipt: this message's own receipt is left out; a later one confirms it
 * - error: an ERROR of the connection's, and the message is not stored
 * - freeze: the connection stays open, and nothing is read or answered any more
 * - restart: all connections are broken off and nobody listens for a while
 */
export type Fault = 'reset-before' | 'reset-after' | 'lose-receipt' | 'error' | 'freeze' | 'restart';

export type Faults = (message: number) => Fault | undefined;

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Each message meets one of the faults with that chance. */
export function randomFaults(random: () => number, chances: Readonly<Partial<Record<Fault, number>>>): Faults {
  return () => {
    let at = random();
    for (const [fault, chance] of Object.entries(chances)) {
      if (at < chance) return fault as Fault;
      at -= chance;
    }
    return undefined;
  };
}
