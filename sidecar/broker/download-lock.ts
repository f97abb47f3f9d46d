import { open, rm, stat, utimes } from 'node:fs/promises';
import { delay, type Clock } from '../lib/clock';

/** How often a holder shows that it is alive, and how often the others look, milliseconds. */
const BEAT_MS = 2_000;
/** A lock without a sign of life for so long was left behind, milliseconds. */
const STALE_MS = 20_000;

/**
 * Runs `work` while no other process (on this machine or another that shares the folder) runs its own under the same
 * lock file. It spares double work; what must never break may not rest on it, since a holder that was asleep comes back.
 */
export async function withLock<Result>(
  file: string,
  clock: Clock,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  while (!(await take(file))) {
    if (await isStale(file)) await rm(file, { force: true });
    else await delay(clock, BEAT_MS, signal);
  }
  let cancel: () => void = () => undefined;
  const beat = (): void => {
    cancel = clock.after(BEAT_MS, () => {
      const now = Date.now() / 1000;
      utimes(file, now, now).catch(() => undefined);
      beat();
    });
  };
  beat();
  try {
    return await work();
  } finally {
    cancel();
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(file: string): Promise<boolean> {
  const age = await stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  return age > STALE_MS;
}
