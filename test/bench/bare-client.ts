import { randomUUID } from 'node:crypto';
import { filter, message as codec } from 'rhea';
import {
  SenderEvents,
  type Connection,
  type EventContext,
  type Message,
  type Receiver,
  type Sender,
} from 'rhea-promise';

/** What an application does that uses rhea alone, and wants each message stored once. */
function encoded(body: Buffer, more: Partial<Message> = {}): Message {
  const id = randomUUID();
  return {
    durable: true,
    message_id: id,
    body: codec.data_section(body) as unknown,
    ...more,
    application_properties: { _AMQ_DUPL_ID: id, ...more.application_properties },
  };
}

/** Resolves when the broker has stored so many messages; `window` at most are not confirmed. */
export async function sendBare(
  connection: Connection,
  address: string,
  { body, count, window }: { readonly body: Buffer; readonly count: number; readonly window: number },
): Promise<void> {
  const sender = await connection.createSender({ target: { address } });
  try {
    await new Promise<void>((resolve, reject) => {
      let [sent, accepted] = [0, 0];
      const pump = (): void => {
        for (; sent < count && sent - accepted < window && sender.sendable(); sent += 1) sender.send(encoded(body));
      };
      sender.on(SenderEvents.accepted, () => {
        accepted += 1;
        if (accepted === count) resolve();
        else pump();
      });
      sender.on(SenderEvents.sendable, pump);
      sender.on(SenderEvents.rejected, () => reject(new Error(`${address} does not take a message`)));
      pump();
    });
  } finally {
    await sender.close().catch(() => undefined);
  }
}

/** Resolves when so many messages have come and are acknowledged. */
export async function receiveBare(
  connection: Connection,
  source: string,
  { count, window }: { readonly count: number; readonly window: number },
): Promise<void> {
  let taken = 0;
  let done = (): void => undefined;
  const all = new Promise<void>((resolve) => (done = resolve));
  const receiver = await connection.createReceiver({
    source: { address: source },
    credit_window: window,
    autoaccept: false,
    onError: () => undefined,
    onMessage: ({ delivery }: EventContext) => {
      delivery?.accept();
      taken += 1;
      if (taken === count) done();
    },
  });
  await all;
  await receiver.close();
}

/** Questions and answers over one queue, told apart by selectors as the library does it. */
export class BareTalk {
  private readonly waiting = new Map<string, () => void>();
  private readonly receivers: Receiver[] = [];

  private constructor(
    private readonly connection: Connection,
    private readonly sender: Sender,
  ) {}

  static async open(connection: Connection, address: string, source: string): Promise<BareTalk> {
    const talk = new BareTalk(connection, await connection.createSender({ target: { address } }));
    await talk.listen(source, "kind = 'question'", ({ message }) => {
      const id = message?.message_id as string;
      talk.sender.send(
        encoded((message?.body as { readonly content: Buffer }).content, {
          correlation_id: id,
          application_properties: { kind: 'answer' },
        }),
      );
    });
    await talk.listen(source, "kind = 'answer'", ({ message }) => {
      talk.waiting.get(message?.correlation_id as string)?.();
    });
    return talk;
  }

  ask(body: Buffer): Promise<void> {
    const question = encoded(body, { application_properties: { kind: 'question' } });
    return new Promise((resolve) => {
      const id = question.message_id as string;
      this.waiting.set(id, () => {
        this.waiting.delete(id);
        resolve();
      });
      this.sender.send(question);
    });
  }

  async close(): Promise<void> {
    for (const link of [this.sender, ...this.receivers]) await link.close().catch(() => undefined);
  }

  private async listen(address: string, selector: string, take: (context: EventContext) => void): Promise<void> {
    const receiver = await this.connection.createReceiver({
      source: { address, capabilities: ['queue'], filter: filter.selector(selector) },
      credit_window: 100,
      autoaccept: false,
      onError: () => undefined,
      onMessage: (context: EventContext) => {
        take(context);
        context.delivery?.accept();
      },
    });
    this.receivers.push(receiver);
  }
}
