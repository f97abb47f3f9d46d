import { message as codec, type Message } from 'rhea';
import { SenderEvents, SenderSendOptions, type Connection } from 'rhea-promise';

/** What a sender claims of the address; a broker that stamps puts the true one in its place. */
export const CLAIMED = 'claimed.by.the.sender';
/** The message is encoded already. */
const RAW = Object.assign(new SenderSendOptions(), { format: 0 });
const BODY_BYTES = 1024;

/** Puts durable messages of 1 KiB into a queue; resolves when the broker has stored all. */
export async function fillQueue(connection: Connection, address: string, count: number): Promise<void> {
  const encoded = codec.encode({
    durable: true,
    to: CLAIMED,
    body: codec.data_section(Buffer.alloc(BODY_BYTES, 'x')) as unknown,
  });
  const sender = await connection.createSender({ target: { address } });
  try {
    await new Promise<void>((resolve, reject) => {
      let [sent, accepted] = [0, 0];
      const pump = (): void => {
        for (; sent < count && sender.sendable(); sent += 1) sender.send(encoded, RAW);
      };
      sender.on(SenderEvents.accepted, () => {
        accepted += 1;
        if (accepted === count) resolve();
      });
      sender.on(SenderEvents.sendable, pump);
      for (const event of [SenderEvents.rejected, SenderEvents.released, SenderEvents.modified]) {
        sender.on(event, () => reject(new Error(`${address} does not take a message`)));
      }
      sender.on(SenderEvents.senderClose, () => reject(new Error(`the link to ${address} was closed`)));
      pump();
    });
  } finally {
    await sender.close().catch(() => undefined);
  }
}

/** Takes one message from a queue. */
export async function takeOne(connection: Connection, address: string): Promise<Message> {
  let taken: (message: Message) => void = () => undefined;
  const first = new Promise<Message>((resolve) => (taken = resolve));
  const receiver = await connection.createReceiver({
    source: { address },
    credit_window: 0,
    onMessage: ({ message }) => {
      if (message !== undefined) taken(message);
    },
    onError: () => undefined,
  });
  receiver.addCredit(1);
  try {
    return await first;
  } finally {
    await receiver.close().catch(() => undefined);
  }
}
