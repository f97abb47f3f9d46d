import type { Clock } from '../lib/clock';

export interface PeriodicWork {
  readonly clock: Clock;
  /** From the end of one time to the begin of the next, milliseconds. */
  readonly ms: number;
  readonly work: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Does work again and again until what it returns is called; work that has begun goes on to its end. */
export function periodically({ clock, ms, work, onError }: PeriodicWork): () => void {
  let isOver = false;
  let cancel = (): void => undefined;
  const next = (): void => {
    if (isOver) return;
    cancel = clock.after(ms, () => {
      work().catch(onError).finally(next);
    });
  };
  next();
  return () => {
    isOver = true;
    cancel();
  };
}
