import { randomUUID } from 'node:crypto';
import type { AwaitableSender, Message } from 'rhea-promise';
import { message as codec } from 'rhea';
import { AccessError } from '../../broker/amqp/access-error';
import { delay, type Clock } from '../../lib/clock';
import type { NodeConnection } from './node-connection';

export interface Letter {
  readonly body: Uint8Array;
  /** Application properties. */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface SendOrder {
  readonly address: string;
  readonly count: number;
  readonly letter: Letter;
  /** As fast as the broker takes them unless given. */
  readonly perSecond?: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Messages that the broker has stored. */
  readonly onStored?: (stored: number) => void;
}

/** Sent and not stored yet. */
const WINDOW = 200;
/** For the broker to store a message, or to take the next one. */
const STORE_MS = 60_000;

/**
 * Sends the letter so many times; resolves when the broker has stored them all. Each is durable and has a duplicate ID
 * of its own. Throws AccessError at the first that it does not take, or the signal's reason; what was stored stays.
 */
export async function sendMessages(connection: NodeConnection, order: SendOrder): Promise<void> {
  const { address, count, letter, perSecond, clock, signal } = order;
  const sender = await connection.sender(address);
  sender.setMaxListeners(0);
  const began = clock.now();
  const pending = new Set<Promise<void>>();
  let stored = 0;
  let failure: unknown;
  try {
    for (let index = 0; index < count && failure === undefined; index += 1) {
      signal?.throwIfAborted();
      const early = perSecond === undefined ? 0 : began + (index * 1000) / perSecond - clock.now();
      if (early > 0) await delay(clock, early, signal);
      await untilSendable(connection, sender, address);
      const sent = store(connection, sender, address, letter)
        .then(() => order.onStored?.((stored += 1)))
        .catch((error: unknown) => (failure ??= error))
        .then(() => void pending.delete(sent));
      pending.add(sent);
      if (pending.size >= WINDOW) await Promise.race(pending);
    }
    await Promise.all(pending);
  } finally {
    await connection.inTime(sender.close(), 'the end of a link').catch(() => undefined);
  }
  if (failure !== undefined) throw failure as Error;
}

async function untilSendable(connection: NodeConnection, sender: AwaitableSender, address: string): Promise<void> {
  while (!sender.sendable()) {
    const credit = new Promise<void>((resolve) => void sender.once('sendable', () => resolve()));
    await connection.inTime(
      Promise.race([credit, connection.closed(sender, address)]),
      `room for messages at ${address}`,
      STORE_MS,
    );
  }
}

async function store(
  connection: NodeConnection,
  sender: AwaitableSender,
  address: string,
  letter: Letter,
): Promise<void> {
  try {
    await connection.orLost(sender.send(encode(letter), { timeoutInSeconds: STORE_MS / 1000 }));
  } catch (error) {
    if (error instanceof AccessError) throw error;
    const inner = (error as { innerError?: unknown }).innerError;
    throw connection.refusal(inner ?? error, address);
  }
}

function encode({ body, properties }: Letter): Message {
  const id = randomUUID();
  return {
    durable: true,
    message_id: id,
    body: codec.data_section(Buffer.from(body)) as unknown,
    application_properties: { ...properties, _AMQ_DUPL_ID: id },
  };
}
