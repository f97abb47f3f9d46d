import type { Messaging } from '../../../sidecar/messaging/messaging';
import type { ReceivedMessage, ReceiveOptions, Receiving } from '../../../sidecar/messaging/received-message';

export interface Collection {
  readonly messages: ReceivedMessage[];
  readonly receiving: Receiving;
  readonly bodies: () => string[];
}

/** Acknowledges and keeps what comes in. */
export async function collect(messaging: Messaging, options?: ReceiveOptions): Promise<Collection> {
  const messages: ReceivedMessage[] = [];
  const receiving = await messaging.receive((message) => void messages.push(message), options);
  return { messages, receiving, bodies: () => messages.map(({ body }) => body.toString()) };
}

export const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

/** What it rejects with; throws when it does not. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

/** Something that is waited for, and done from outside. */
export class Gate {
  open = (): void => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}
