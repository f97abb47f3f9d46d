import { Backoff } from '../lib/backoff';
import type { Clock } from '../lib/clock';
import type { RelayDelivery, RelayInbox, RelayInboxLink } from './relay-inbox';

export interface InboxKeeperOptions {
  readonly inbox: RelayInbox;
  /** Messages that the relay has and has not settled, at most. */
  readonly room: number;
  readonly retry: { readonly minMs: number; readonly maxMs: number };
  readonly clock: Clock;
  readonly random: () => number;
  readonly onMessage: (delivery: RelayDelivery) => void;
  /** The link is there. */
  readonly onOpen: () => void;
  /** The link is lost, or could not be made; it is tried again then, milliseconds since the epoch. */
  readonly onLost: (reason: Error, retryAt: number) => void;
}

/** Keeps a link to the queue, and as much credit on it as the relay has room. */
export class InboxKeeper {
  private link: RelayInboxLink | undefined;
  private opening: Promise<void> | undefined;
  private owed = 0;
  private cancel: () => void = () => undefined;
  private stopped = false;
  private readonly backoff: Backoff;

  constructor(private readonly options: InboxKeeperOptions) {
    const { retry, random } = options;
    this.backoff = new Backoff({ min: retry.minMs, max: retry.maxMs, random });
  }

  start(): void {
    if (this.opening !== undefined || this.link !== undefined || this.stopped) return;
    this.opening = this.open().finally(() => (this.opening = undefined));
  }

  /** So many were settled: there is room for as many more. Asked for in parts, as each request is a frame. */
  settled(count: number): void {
    this.owed += count;
    if (this.link === undefined || this.owed < this.options.room / 4) return;
    this.link.addCredit(this.owed);
    this.owed = 0;
  }

  /** What was not settled is in the queue again afterwards. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    await this.opening;
    await this.link?.close();
    this.link = undefined;
  }

  private async open(): Promise<void> {
    const { inbox, onMessage, onOpen, room } = this.options;
    try {
      const link = await inbox.open({ onMessage, onEnd: (reason) => this.lost(reason) });
      this.link = link;
      this.owed = 0;
      if (this.stopped) return;
      onOpen();
      link.addCredit(room);
      this.backoff.reset();
    } catch (error) {
      this.lost(error as Error);
    }
  }

  private lost(reason: Error): void {
    this.link = undefined;
    if (this.stopped) return;
    const { clock, onLost } = this.options;
    const ms = this.backoff.next();
    this.cancel = clock.after(ms, () => this.start());
    onLost(reason, clock.now() + ms);
  }
}
