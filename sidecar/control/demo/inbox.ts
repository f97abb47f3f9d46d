import type { Clock } from '../../lib/clock';
import { cordaAddresses } from '../../plan/address-profile';
import type { NodeConnection } from '../node-client/node-connection';
import type { NodeDirectory } from '../node-client/node-directory';
import { receiveMessages } from '../node-client/receive-messages';
import { DemoError } from './demo-error';

/** A message with its true sender, as the map names it. */
export interface Delivered {
  readonly text: string;
  /** As Corda writes the name; the id where the map has none. */
  readonly sender: string;
  /** When it was read, milliseconds since the epoch. */
  readonly at: number;
}

export interface InboxOptions {
  readonly connection: NodeConnection;
  readonly id: string;
  readonly directory: NodeDirectory;
  readonly clock: Clock;
}

/** Everything that came in for a node since it was opened, in order. */
export class Inbox {
  readonly messages: Delivered[] = [];
  private readonly abort = new AbortController();
  private readonly reading: Promise<unknown>;
  private listeners = new Set<() => void>();

  constructor(private readonly options: InboxOptions) {
    const { connection, id, directory, clock } = options;
    this.reading = receiveMessages(connection, {
      source: cordaAddresses.inboundSource(id),
      clock,
      signal: this.abort.signal,
      onMessage: async ({ senderId = '', body }) => {
        const at = clock.now();
        const sender = (await directory.nameOf(senderId)) ?? senderId;
        this.messages.push({ text: body.toString(), sender, at });
        for (const listener of this.listeners) listener();
      },
    });
    // `message` hears of it.
    this.reading.catch(() => undefined);
  }

  /** The message with this text, now or as soon as it comes. Throws DemoError DEMO_LATE or what ended the reading. */
  async message(text: string, timeoutMs: number): Promise<Delivered> {
    const find = (): Delivered | undefined => this.messages.find((message) => message.text === text);
    let cancel = (): void => undefined;
    let listener = (): void => undefined;
    const found = new Promise<Delivered>((resolve, reject) => {
      listener = () => {
        const message = find();
        if (message !== undefined) resolve(message);
      };
      this.listeners.add(listener);
      listener();
      cancel = this.options.clock.after(timeoutMs, () => {
        reject(new DemoError('DEMO_LATE', `the message ${JSON.stringify(text)} has not come within ${timeoutMs} ms`));
      });
    });
    const ended = this.reading.then(() =>
      Promise.reject(new DemoError('DEMO_WRONG', 'nobody reads this inbox any more')),
    );
    try {
      return await Promise.race([found, ended]);
    } finally {
      cancel();
      this.listeners.delete(listener);
    }
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.reading.catch(() => undefined);
  }
}
