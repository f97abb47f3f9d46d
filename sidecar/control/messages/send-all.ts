import { delay, type Clock } from '../../lib/clock';
import { onAbort } from '../../messaging/client/on-abort';
import type { Message, Sent } from '../../messaging/message';
import type { Messaging } from '../../messaging/messaging';
import { untilAborted } from './until-aborted';

export interface SendAllOrder {
  /** As `send` takes it. */
  readonly to: string;
  /** No more of them are asked for than can be under way. */
  readonly messages: AsyncIterable<Message & { readonly body: Buffer }>;
  /** As fast as the broker takes them unless given. */
  readonly perSecond?: number;
  readonly clock: Clock;
  /** Takes no more messages; those under way are waited for a moment. */
  readonly signal?: AbortSignal;
  readonly onStored?: (sofar: StoredSoFar) => void;
}

export interface StoredSoFar {
  readonly messages: number;
  /** Of their bodies. */
  readonly bytes: number;
  readonly last: Sent;
}

/** Under way and not stored. */
const MOST_MESSAGES = 1_000;
const MOST_BYTES = 8_388_608;
/** For what is under way when it ends early, milliseconds. */
const PATIENCE_MS = 5_000;

/**
 * Sends them in their order, and resolves when the broker has stored all of them.
 * @throws MessagingError as `send`; what the messages' source throws; the signal's reason. What was stored stays
 */
export async function sendAll(messaging: Messaging, order: SendAllOrder): Promise<void> {
  const { to, messages, perSecond, clock, signal, onStored } = order;
  const began = clock.now();
  const underWay = { messages: 0, bytes: 0 };
  const stored = { messages: 0, bytes: 0 };
  const ended = new AbortController();
  let wake = (): void => undefined;
  const stopListening = onAbort(signal, () => ended.abort(signal?.reason));
  onAbort(ended.signal, () => wake());

  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const send = async (message: Message & { readonly body: Buffer }): Promise<void> => {
    const { length } = message.body;
    underWay.messages += 1;
    underWay.bytes += length;
    try {
      const last = await messaging.send(to, message);
      stored.messages += 1;
      stored.bytes += length;
      onStored?.({ ...stored, last });
    } catch (error) {
      ended.abort(error);
    } finally {
      underWay.messages -= 1;
      underWay.bytes -= length;
      wake();
    }
  };
  const hasRoom = (): boolean =>
    ended.signal.aborted || (underWay.messages < MOST_MESSAGES && underWay.bytes < MOST_BYTES);

  try {
    let taken = 0;
    for await (const message of untilAborted(messages, ended.signal)) {
      const early = perSecond === undefined ? 0 : began + (taken * 1000) / perSecond - clock.now();
      if (early > 0) await delay(clock, early, ended.signal);
      await until(hasRoom);
      ended.signal.throwIfAborted();
      void send(message);
      taken += 1;
    }
    await until(() => underWay.messages === 0 || ended.signal.aborted);
    ended.signal.throwIfAborted();
  } catch (error) {
    const isOver = new AbortController();
    const late = delay(clock, PATIENCE_MS, isOver.signal).catch(() => undefined);
    await Promise.race([late, until(() => underWay.messages === 0)]);
    isOver.abort();
    throw error;
  } finally {
    stopListening();
  }
}
