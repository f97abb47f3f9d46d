import type { EventContext } from 'rhea-promise';
import { settle } from '../../broker/amqp/settle';
import type { Clock } from '../../lib/clock';
import type { NodeConnection } from './node-connection';
import { receivedMessage, type ReceivedMessage } from './received-message';

export interface ReceiveOrder {
  /** Such as `inboundSource` gives. */
  readonly source: string;
  /** As many as come unless given. */
  readonly count?: number;
  /** Ends when none has come for so long; waits for ever unless given. */
  readonly quietMs?: number;
  readonly clock: Clock;
  /** Ends the reading in good order. */
  readonly signal?: AbortSignal;
  /** Gets one message after the other; each is acknowledged when this has resolved. */
  readonly onMessage: (message: ReceivedMessage) => Promise<void> | void;
}

/** Messages asked for at once. */
const WINDOW = 50;

/**
 * Reads messages until the count is reached, none comes any more or the signal is aborted, and answers how many.
 * Throws AccessError, or what `onMessage` throws. Messages that were not handed over, or failed there, stay in the queue.
 */
export async function receiveMessages(connection: NodeConnection, order: ReceiveOrder): Promise<number> {
  const { source, count = Infinity, quietMs, clock, signal } = order;
  const receiver = await connection.receiver(source);
  const waiting: EventContext[] = [];
  let wake: (() => void) | undefined;
  receiver.on('message' as never, (context: EventContext) => {
    waiting.push(context);
    wake?.();
  });
  const onAbort = (): void => wake?.();
  signal?.addEventListener('abort', onAbort);
  // A function, as it changes while others run.
  const ended = (): boolean => signal?.aborted === true;
  const next = async (): Promise<EventContext | undefined> => {
    if (waiting.length === 0 && !ended()) {
      let cancel = (): void => undefined;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
        if (quietMs !== undefined) cancel = clock.after(quietMs, resolve);
      });
      await connection.orLost(Promise.race([woken, connection.closed(receiver, source)])).finally(cancel);
    }
    return ended() ? undefined : waiting.shift();
  };
  let received = 0;
  try {
    receiver.setMaxListeners(0);
    receiver.addCredit(Math.min(WINDOW, count));
    while (received < count) {
      const context = await next();
      if (context?.message === undefined) break;
      await handle(context, order);
      received += 1;
      if (received + WINDOW <= count) receiver.addCredit(1);
    }
    return received;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    for (const { delivery } of waiting) if (delivery !== undefined) settle(delivery, 'released');
    await connection.inTime(receiver.close(), 'the end of a link').catch(() => undefined);
  }
}

async function handle({ message, delivery }: EventContext, { onMessage }: ReceiveOrder): Promise<void> {
  if (message === undefined || delivery === undefined) return;
  try {
    await onMessage(receivedMessage(message));
    settle(delivery, 'accepted');
  } catch (error) {
    settle(delivery, 'released');
    throw error;
  }
}
