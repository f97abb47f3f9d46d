import type { Admission } from './admission';

/** What is told of a service's life as it goes on, for counting. */
export interface ServiceObserver {
  published(outcome: Admission['outcome'] | 'refused'): void;
  evicted(nodes: number): void;
  /** Duration in milliseconds. */
  signed(durationMs: number): void;
}
