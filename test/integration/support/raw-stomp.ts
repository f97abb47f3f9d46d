import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

export interface RawTls {
  readonly key: string | undefined;
  readonly cert: string | undefined;
  readonly ca: string;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

const CONNECT = 'STOMP\naccept-version:1.2\nhost:/\nheart-beat:0,0\n\n\0';

/** STOMP frames as bytes, with nothing between a test and the other side. */
export class RawStomp {
  /** All that came. */
  text = '';
  private ended: Error | undefined;
  private wake: () => void = () => undefined;

  private constructor(private readonly socket: TLSSocket) {
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
      this.wake();
    });
    const end = (error?: Error): void => {
      this.ended ??= error ?? new Error('the other side has closed the connection');
      this.wake();
    };
    socket.on('error', end);
    socket.on('close', () => end());
  }

  /** Resolves when the other side has answered CONNECTED; rejects where it closes. */
  static async connect(port: number, { key, cert, ca, ...versions }: RawTls): Promise<RawStomp> {
    const own = key === undefined || cert === undefined ? {} : { key, cert };
    const socket = connect({ host: '127.0.0.1', port, ca, checkServerIdentity: () => undefined, ...own, ...versions });
    const raw = new RawStomp(socket);
    await once(socket, 'secureConnect');
    raw.write(CONNECT);
    await raw.until('CONNECTED');
    raw.text = '';
    return raw;
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Resolves when this has come; rejects when the connection has ended without it. */
  async until(words: string): Promise<void> {
    while (!this.text.includes(words)) {
      if (this.ended !== undefined) throw this.ended;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
