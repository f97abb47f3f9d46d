import { delay, systemClock } from '../../sidecar/lib/clock';
import { processFigures } from './process-figures';

const LOOK_MS = 500;
/** Of one processor, for all of the processes together. */
const BUSY = 0.2;
const LIMIT_MS = 60_000;

/** Until these processes have done with what came before: removed messages, garbage. Rejects after a minute. */
export async function atRest(pids: readonly number[], signal: AbortSignal): Promise<void> {
  const began = performance.now();
  for (let busy = Infinity; busy > BUSY * LOOK_MS;) {
    if (performance.now() - began > LIMIT_MS) throw new Error(`processes ${pids.join(', ')} have not come to rest`);
    const before = await cpuMs(pids);
    await delay(systemClock, LOOK_MS, signal);
    busy = (await cpuMs(pids)) - before;
  }
}

async function cpuMs(pids: readonly number[]): Promise<number> {
  const figures = await Promise.all(pids.map(processFigures));
  return figures.reduce((sum, each) => sum + each.cpuMs, 0);
}
