import type { Clock } from '../../lib/clock';
import { onAbort } from '../../messaging/client/on-abort';
import type { ReceivedStream } from '../../messaging/large/stream';
import type { Messaging } from '../../messaging/messaging';
import type { ReceivedMessage, ReceiveOptions, Receiving } from '../../messaging/received-message';

export interface ReceiveAllOrder extends Pick<ReceiveOptions, 'as' | 'from' | 'topic'> {
  /** As many as come unless given. */
  readonly count?: number;
  /** Ends when none has come for so long, milliseconds; waits for ever unless given. */
  readonly quietMs?: number;
  readonly clock: Clock;
  /** Ends the reading in good order. */
  readonly signal?: AbortSignal;
  /** As the handler of `receive`, one after the other. When it throws that message comes again, and the reading ends. */
  readonly onMessage: (message: ReceivedMessage) => Promise<void>;
  /** Streams, too, which count as messages. */
  readonly streams?: {
    /** As of `receiveStreams`. */
    readonly folder: string;
    readonly onStream: (stream: ReceivedStream) => Promise<void>;
    readonly onTrouble: (error: Error) => void;
  };
}

/** Messages that are here and not handed over. */
const WINDOW = 50;

/**
 * Reads until the count is reached, none comes any more or the signal is aborted, and answers how many were handed over and
 * settled. What was not handed over stays where it is.
 * @throws MessagingError as `receive` and `receiveStreams`; what a handler throws
 */
export async function receiveAll(messaging: Messaging, order: ReceiveAllOrder): Promise<number> {
  const { count = Infinity, quietMs, clock, signal, onMessage, streams } = order;
  const over = new AbortController();
  const ended = new Promise<void>((resolve) => void onAbort(over.signal, resolve));
  let failure: { readonly error: unknown } | undefined;
  let [taken, running, done] = [0, 0, 0];
  let cancelQuiet = (): void => undefined;

  const listen = (): void => {
    cancelQuiet();
    if (quietMs !== undefined && running === 0) cancelQuiet = clock.after(quietMs, () => over.abort());
  };
  const handle = async (work: () => Promise<void>): Promise<void> => {
    // A stream may be handed over while the last message is in work.
    if (taken >= count) throw new Error('no more was asked for');
    taken += 1;
    running += 1;
    cancelQuiet();
    if (taken === count) over.abort();
    try {
      await work();
      done += 1;
    } catch (error) {
      failure ??= { error };
      over.abort();
      throw error;
    } finally {
      running -= 1;
      listen();
    }
  };
  const wish = { ...selected(order), signal: over.signal };
  const stopListening = onAbort(signal, () => over.abort());
  if (signal?.aborted === true) over.abort();
  const receiving: Receiving[] = [];
  try {
    const window = Math.min(WINDOW, count);
    receiving.push(await messaging.receive((message) => handle(() => onMessage(message)), { ...wish, window }));
    if (streams !== undefined) {
      const { folder, onStream, onTrouble } = streams;
      receiving.push(
        await messaging.receiveStreams((stream) => handle(() => onStream(stream)), {
          ...{ ...wish, folder, onTrouble },
          onProgress: listen,
        }),
      );
    }
    listen();
    await ended;
  } catch (error) {
    // Enough may have come before the reading had begun everywhere.
    if (!over.signal.aborted) throw error;
  } finally {
    over.abort();
    await Promise.all(receiving.map((each) => each.stop()));
    cancelQuiet();
    stopListening();
  }
  if (failure !== undefined) throw failure.error as Error;
  return done;
}

function selected({ as, from, topic }: ReceiveAllOrder): Pick<ReceiveOptions, 'as' | 'from' | 'topic'> {
  return {
    ...(as === undefined ? {} : { as }),
    ...(from === undefined ? {} : { from }),
    ...(topic === undefined ? {} : { topic }),
  };
}
