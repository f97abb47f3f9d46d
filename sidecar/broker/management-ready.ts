import { delay, type Clock } from '../lib/clock';
import type { Management } from './management';
import { ManagementError } from './management-error';

const ASK_TIMEOUT = 5_000;
const ASK_AGAIN_MS = 200;

/**
 * Asks until management answers, and returns the broker's version. Throws ManagementError when the broker refuses us,
 * and the signal's reason at once when that is aborted.
 */
export function askUntilReady(management: Management, clock: Clock, signal: AbortSignal): Promise<string> {
  return Promise.race([ask(management, clock, signal), rejection(signal)]);
}

async function ask(management: Management, clock: Clock, signal: AbortSignal): Promise<string> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return String(await management.invoke('broker', 'getVersion', [], { timeout: ASK_TIMEOUT }));
    } catch (error) {
      if (!(error instanceof ManagementError) || error.code === 'MANAGEMENT_NOT_ALLOWED') throw error;
    }
    await delay(clock, ASK_AGAIN_MS, signal);
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
