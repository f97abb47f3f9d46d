import { Backoff, type BackoffOptions } from '../../lib/backoff';
import type { Clock } from '../../lib/clock';
import { messageOf } from '../../lib/errors';
import type { MessagingState } from '../messaging-state';
import type { BrokerConnection, Opening } from '../transport';

export interface KeeperEvents<Connection> {
  onConnected(connection: Connection): void;
  onDisconnected(): void;
}

/** One connection at a time, made anew whenever it is lost. */
export class ConnectionKeeper<Connection extends Pick<BrokerConnection, 'close'> = BrokerConnection> {
  state: MessagingState = { phase: 'connecting' };
  current: Connection | undefined;
  private readonly listeners = new Set<(state: MessagingState) => void>();
  private readonly backoff: Backoff;
  private attempt = 0;
  private cancelWait = (): void => undefined;

  constructor(
    private readonly open: Opening<Connection>,
    private readonly clock: Clock,
    private readonly events: KeeperEvents<Connection>,
    backoff: BackoffOptions,
  ) {
    this.backoff = new Backoff(backoff);
  }

  /** Opens the first connection. Throws what the opening throws; there is no second try. */
  async start(): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      this.turn({ phase: 'closed' });
      throw error;
    }
  }

  /** As `start`, but a first connection that cannot be opened is tried again like a later one. */
  keepTrying(): void {
    this.connect().catch((error: unknown) => this.again(error));
  }

  onState(listener: (state: MessagingState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.isClosed()) return;
    const { current } = this;
    this.cancelWait();
    this.current = undefined;
    this.turn({ phase: 'closed' });
    this.events.onDisconnected();
    await current?.close();
  }

  // A function, as it changes while others run.
  private isClosed(): boolean {
    return this.state.phase === 'closed';
  }

  private async connect(): Promise<void> {
    const seen: { lost?: Error } = {};
    const opened = await this.open((reason) => {
      seen.lost = reason;
      if (this.current !== undefined && this.current === opened) this.onLost(reason);
    });
    if (this.isClosed()) {
      await opened.close();
      return;
    }
    if (seen.lost !== undefined) throw seen.lost;
    this.current = opened;
    this.attempt = 0;
    this.backoff.reset();
    this.turn({ phase: 'connected' });
    this.events.onConnected(opened);
  }

  private onLost(reason: Error): void {
    this.current = undefined;
    this.events.onDisconnected();
    this.again(reason);
  }

  private again(reason: unknown): void {
    if (this.isClosed()) return;
    this.attempt += 1;
    const delayMs = this.backoff.next();
    this.turn({ phase: 'reconnecting', attempt: this.attempt, delayMs, reason: messageOf(reason) });
    this.cancelWait = this.clock.after(delayMs, () => {
      if (!this.isClosed()) this.connect().catch((error: unknown) => this.again(error));
    });
  }

  private turn(state: MessagingState): void {
    this.state = state;
    for (const listener of [...this.listeners]) listener(state);
  }
}
