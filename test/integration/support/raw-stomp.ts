import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

export interface RawTls {
  readonly key: string | undefined;
  readonly cert: string | undefined;
  readonly ca: string;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

const SILENCE_MS = 30_000;
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
  static async connect(port: number, tls: RawTls): Promise<RawStomp> {
    const raw = await RawStomp.open(port, tls);
    raw.connect();
    await raw.until('CONNECTED');
    raw.text = '';
    return raw;
  }

  /** Without a frame so far. */
  static async open(port: number, { key, cert, ca, ...versions }: RawTls): Promise<RawStomp> {
    const own = key === undefined || cert === undefined ? {} : { key, cert };
    const socket = connect({ host: '127.0.0.1', port, ca, checkServerIdentity: () => undefined, ...own, ...versions });
    const raw = new RawStomp(socket);
    await once(socket, 'secureConnect');
    return raw;
  }

  /** Whether the connection has ended, by whatever side. */
  get isOver(): boolean {
    return this.ended !== undefined;
  }

  connect(): void {
    this.write(CONNECT);
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Resolves when this has come; rejects when the connection has ended without it, or says nothing more. */
  async until(words: string): Promise<void> {
    while (!this.text.includes(words)) {
      if (this.ended !== undefined) throw new Error(`${this.ended.message}; it said ${JSON.stringify(this.text)}`);
      await this.more();
    }
  }

  private more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const silent = (): void => reject(new Error(`nothing more came after ${JSON.stringify(this.text)}`));
      const timer = setTimeout(silent, SILENCE_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    this.socket.destroy();
  }
}
