import { Backoff, type BackoffOptions } from '../../lib/backoff';
import type { Clock } from '../../lib/clock';
import { isRefusal } from '../client/errors';
import type { ReceiverEvents, ReceiverLink } from '../transport';

export interface ReceiverKeeperOptions<Connection> {
  readonly open: (connection: Connection, events: ReceiverEvents) => Promise<ReceiverLink>;
  readonly onOpen: (connection: Connection, link: ReceiverLink) => void;
  readonly onMessage: ReceiverEvents['onMessage'];
  /** The link is gone, by itself or with its connection; not called where it was closed. */
  readonly onEnd: (reason: Error) => void;
  readonly clock: Clock;
  readonly random: (() => number) | undefined;
}

const REOPEN: BackoffOptions = { min: 200, max: 30_000, jitter: 'equal' };

/** One receiver, opened anew with each connection, and whenever the broker ends it. */
export class ReceiverKeeper<Connection> {
  private readonly backoff: Backoff;
  private connection: Connection | undefined;
  private link: ReceiverLink | undefined;
  private cancel = (): void => undefined;
  private first: { readonly done: () => void; readonly failed: (error: unknown) => void } | undefined;
  private isClosed = false;

  constructor(private readonly options: ReceiverKeeperOptions<Connection>) {
    const { random } = options;
    this.backoff = new Backoff(random === undefined ? REOPEN : { ...REOPEN, random });
  }

  /** Resolves when it is open for the first time; rejects where the broker refuses that. */
  whenOpen(): Promise<void> {
    return new Promise((done, failed) => {
      this.first = { done, failed };
    });
  }

  connected(connection: Connection): void {
    this.connection = connection;
    this.backoff.reset();
    void this.open(connection);
  }

  disconnected(reason: Error): void {
    this.connection = undefined;
    this.cancel();
    this.ended(reason);
  }

  /** Ends the link; what was not settled goes back to the queue. */
  close(): void {
    this.isClosed = true;
    this.cancel();
    this.link?.close();
    this.link = undefined;
  }

  private async open(connection: Connection): Promise<void> {
    const isCurrent = (): boolean => this.connection === connection && !this.isClosed;
    try {
      const link = await this.options.open(connection, {
        onMessage: (message, settle) => this.options.onMessage(message, settle),
        onEnd: (reason) => {
          if (!isCurrent()) return;
          this.ended(reason);
          this.again(connection);
        },
      });
      if (!isCurrent()) {
        link.close();
        return;
      }
      this.link = link;
      this.backoff.reset();
      this.options.onOpen(connection, link);
      this.first?.done();
      this.first = undefined;
    } catch (error) {
      if (!isCurrent()) return;
      if (this.first !== undefined && isRefusal(error)) {
        this.first.failed(error);
        return;
      }
      this.again(connection);
    }
  }

  private again(connection: Connection): void {
    this.cancel();
    this.cancel = this.options.clock.after(this.backoff.next(), () => {
      if (this.connection === connection && !this.isClosed) void this.open(connection);
    });
  }

  private ended(reason: Error): void {
    const wasOpen = this.link !== undefined;
    this.link = undefined;
    if (wasOpen && !this.isClosed) this.options.onEnd(reason);
  }
}
