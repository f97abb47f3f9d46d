import type { Clock } from '../../lib/clock';
import { SEND_WINDOW } from '../client/client-options';
import { closed } from '../client/errors';
import { Outbox } from '../client/outbox';
import type { BrokerConnection, WireMessage } from '../transport';

/** More links to clients than these are not kept open for those to whom nothing is under way. */
const MOST_LINKS = 200;

/** Ways to the reply queues of clients: one that does not read holds up nobody else. */
export class ReplyLinks {
  private readonly outboxes = new Map<string, Outbox>();
  private connection: Pick<BrokerConnection, 'openSender'> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly random: (() => number) | undefined,
  ) {}

  connected(connection: Pick<BrokerConnection, 'openSender'>): void {
    this.connection = connection;
    for (const outbox of this.outboxes.values()) outbox.connected(connection);
  }

  disconnected(): void {
    this.connection = undefined;
    for (const outbox of this.outboxes.values()) outbox.disconnected();
  }

  /** Resolves when the broker has it. Throws MessagingError SEND_REFUSED, ABORTED or CLOSED. */
  async put(address: string, reply: WireMessage, signal: AbortSignal): Promise<void> {
    const outbox = this.outbox(address);
    try {
      await outbox.put(reply, signal);
    } catch (error) {
      // The next one asks anew whether the client is there.
      if (outbox.isEmpty) this.drop(address, outbox);
      throw error;
    }
  }

  close(): void {
    for (const outbox of this.outboxes.values()) {
      outbox.fail(closed());
      outbox.closeLink();
    }
    this.outboxes.clear();
  }

  private outbox(address: string): Outbox {
    const known = this.outboxes.get(address);
    if (known !== undefined) return known;
    if (this.outboxes.size >= MOST_LINKS) {
      const idle = [...this.outboxes].find(([, { isEmpty }]) => isEmpty);
      if (idle !== undefined) this.drop(...idle);
    }
    const outbox = new Outbox({ address, window: SEND_WINDOW, clock: this.clock, random: this.random });
    this.outboxes.set(address, outbox);
    if (this.connection !== undefined) outbox.connected(this.connection);
    return outbox;
  }

  private drop(address: string, outbox: Outbox): void {
    outbox.closeLink();
    if (this.outboxes.get(address) === outbox) this.outboxes.delete(address);
  }
}
