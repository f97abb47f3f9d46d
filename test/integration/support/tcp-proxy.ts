import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * - open: everything passes
 * - half-open: connections stay, new ones are taken, and nothing passes in either direction
 * - mute: what clients say passes, what they are answered does not
 * - closed: nobody is let in, and those who are in are cut off
 */
export type ProxyMode = 'open' | 'half-open' | 'mute' | 'closed';

/** Stands between two sides of a TCP connection and lets it go wrong as told. */
export class TcpProxy {
  /** Connections that were taken so far. */
  taken = 0;
  private mode: ProxyMode = 'open';
  private readonly pairs = new Set<readonly [Socket, Socket]>();

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (socket) => this.take(socket));
  }

  /** Listens on a port of its own and passes to `target`, both on 127.0.0.1. */
  static async start(target: number): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: false });
    const proxy = new TcpProxy(server, target);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  turn(mode: ProxyMode): void {
    this.mode = mode;
    for (const pair of this.pairs) this.apply(pair);
  }

  async close(): Promise<void> {
    this.turn('closed');
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(socket: Socket): void {
    this.taken += 1;
    if (this.mode === 'closed') {
      socket.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const other = connect(this.target, '127.0.0.1');
    const pair = [socket, other] as const;
    this.pairs.add(pair);
    for (const [from, to] of [pair, [other, socket] as const]) {
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.pairs.delete(pair);
        to.destroy();
      });
    }
    this.apply(pair);
  }

  private apply([socket, other]: readonly [Socket, Socket]): void {
    for (const each of [socket, other]) {
      if (this.mode === 'closed') each.resetAndDestroy();
      else if (this.mode === 'half-open' || (this.mode === 'mute' && each === other)) each.pause();
      else each.resume();
    }
  }
}
