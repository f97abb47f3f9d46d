import type { Certificate } from '../certificates/certificate';

/** What NodeInfos are verified against. */
export interface Trust {
  /** The network's roots; a chain to any of them is good. */
  readonly roots: readonly Certificate[];
  /** The time at which certificates have to be valid, milliseconds since the epoch. */
  readonly at: number;
}
