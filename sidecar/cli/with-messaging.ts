import { AccessError } from '../broker/amqp/access-error';
import { openMessaging } from '../control/messaging';
import type { Messaging } from '../messaging/messaging';
import type { CommandContext } from './command';

/** How long a lost connection is tried again before a command gives up. */
const LOST_MS = 60_000;
/** For what is under way at the end. */
const CLOSE_MS = 5_000;

/**
 * Opens messaging in the name of the node for the work, and closes it whatever comes of it. The signal is aborted when the
 * command is interrupted, or has been without its broker for too long, which is thrown then.
 */
export async function withMessaging<Result>(
  { configFile, clock, output, signal }: CommandContext,
  work: (messaging: Messaging, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const messaging = await openMessaging({ configFile, clock });
  const lost = new AbortController();
  let cancel = (): void => undefined;
  const stopListening = messaging.onState((state) => {
    if (state.phase === 'connected') {
      cancel();
      output.note('connected again');
    }
    if (state.phase !== 'reconnecting' || state.attempt > 1) return;
    output.note(`${state.reason}; it is tried again`);
    cancel = clock.after(LOST_MS, () => lost.abort(gone(state.reason)));
  });
  try {
    const result = await work(messaging, AbortSignal.any([signal, lost.signal]));
    lost.signal.throwIfAborted();
    return result;
  } finally {
    stopListening();
    cancel();
    await messaging.close({ timeoutMs: signal.aborted || lost.signal.aborted ? 0 : CLOSE_MS });
  }
}

function gone(reason: string): AccessError {
  return new AccessError('ACCESS_UNREACHABLE', `${reason}, and was not there again within ${LOST_MS / 1000} s`, {
    remedy: 'look whether the broker still runs: netmap status',
    decision: 'retry',
  });
}
