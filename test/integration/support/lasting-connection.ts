import { ConnectionEvents, type Connection } from 'rhea-promise';
import { openNode, type NodeAccess } from './node-access';

const PAUSE_MS = 100;

/** An application's connection that is made anew, for as long as it takes, whenever it is lost. */
export class LastingConnection {
  /** How often it was opened. */
  opened = 0;
  private current: Connection | undefined;
  private closed = false;
  private opening: Promise<void> = Promise.resolve();

  /** `use` sets up its links, each time anew. */
  constructor(
    private readonly access: NodeAccess,
    private readonly use: (connection: Connection) => Promise<void>,
  ) {}

  /** Resolves when it is open and in use; throws when it cannot be opened this first time. */
  async start(): Promise<void> {
    await this.openOnce();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.opening;
    await this.current?.close().catch(() => undefined);
  }

  private async open(): Promise<void> {
    while (!this.closed) {
      try {
        await this.openOnce();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  private async openOnce(): Promise<void> {
    const connection = await openNode(this.access);
    try {
      connection.on(ConnectionEvents.connectionError, () => undefined);
      await this.use(connection);
      this.keep(connection);
    } catch (error) {
      await connection.close().catch(() => undefined);
      throw error;
    }
  }

  private keep(connection: Connection): void {
    if (!connection.isOpen()) throw new Error('the connection was lost at once');
    this.current = connection;
    this.opened += 1;
    const again = (): void => {
      if (this.current !== connection || this.closed) return;
      this.current = undefined;
      this.opening = this.open();
    };
    connection.once(ConnectionEvents.disconnected, again);
    connection.once(ConnectionEvents.connectionClose, again);
  }
}
