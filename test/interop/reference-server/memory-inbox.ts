import type { RelayDelivery, RelayInbox, RelayInboxEvents } from '../../../sidecar/relay/relay-inbox';
import type { RelayMessage } from '../../../sidecar/relay/relay-message';

interface Link {
  readonly events: RelayInboxEvents;
  credit: number;
  readonly unsettled: Set<RelayMessage>;
}

/** A queue in memory with a broker's manners: in order, what is not settled when the link ends is in its old place again. */
export class MemoryInbox implements RelayInbox {
  readonly accepted: RelayMessage[] = [];
  readonly rejected: { readonly message: RelayMessage; readonly reason: string }[] = [];
  /** Most messages that were out at the same time. */
  mostOut = 0;
  opens = 0;
  /** Why it cannot be opened now. */
  down: Error | undefined;
  private link: Link | undefined;
  private readonly places = new Map<RelayMessage, number>();

  constructor(private queue: RelayMessage[] = []) {
    queue.forEach((message, place) => this.places.set(message, place));
  }

  get size(): number {
    return this.queue.length + (this.link?.unsettled.size ?? 0);
  }

  put(message: RelayMessage): void {
    this.places.set(message, this.places.size);
    this.queue.push(message);
    this.deliver();
  }

  async open(events: RelayInboxEvents): Promise<{ addCredit(count: number): void; close(): Promise<void> }> {
    if (this.down !== undefined) throw this.down;
    const link: Link = { events, credit: 0, unsettled: new Set() };
    this.opens += 1;
    this.link = link;
    return {
      addCredit: (count) => {
        link.credit += count;
        setImmediate(() => this.deliver());
      },
      close: async () => this.end(link),
    };
  }

  /** As when the broker goes away. */
  lose(): void {
    const { link } = this;
    if (link === undefined) return;
    this.end(link);
    link.events.onEnd(new Error('the broker is gone'));
  }

  private end(link: Link): void {
    if (this.link !== link) return;
    this.link = undefined;
    const place = (message: RelayMessage): number => this.places.get(message) ?? 0;
    this.queue = [...link.unsettled, ...this.queue].sort((a, b) => place(a) - place(b));
    link.unsettled.clear();
  }

  private deliver(): void {
    const { link } = this;
    while (link !== undefined && this.link === link && link.credit > 0) {
      const message = this.queue.shift();
      if (message === undefined) return;
      link.credit -= 1;
      link.unsettled.add(message);
      this.mostOut = Math.max(this.mostOut, link.unsettled.size);
      link.events.onMessage(this.deliveryOf(message, link));
    }
  }

  private deliveryOf(message: RelayMessage, link: Link): RelayDelivery {
    const settle = (then: () => void): void => {
      if (this.link !== link) return;
      if (!link.unsettled.delete(message)) throw new Error('a message is settled twice');
      then();
    };
    return {
      message,
      accept: () => settle(() => this.accepted.push(message)),
      reject: (reason) => settle(() => this.rejected.push({ message, reason })),
    };
  }
}
