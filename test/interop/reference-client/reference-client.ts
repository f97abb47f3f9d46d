import { connect, type TLSSocket } from 'node:tls';
import { StompReader, type ClientFrame } from '../reference-server/stomp-reader';

/** What a reference client is given, and where its messages go. */
export interface ReferenceClientOptions {
  /** On 127.0.0.1. */
  readonly port: number;
  /** PEM: its key, its certificate followed by the one that the peer has issued, and the peer's root. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
  readonly destination: string;
  readonly type: string;
  readonly bodyOf: (number: number) => Buffer;
  /** Messages without a receipt at most; 100 unless given. */
  readonly window?: number;
}

/** One life of the client's, from its start to its end. */
export interface Life {
  /** Why it ended. */
  readonly reason: string;
  /** Messages that it had sent and that were not confirmed: the next life sends them again. */
  readonly unconfirmed: readonly number[];
}

const WINDOW = 100;
const AGAIN_MS = 200;
const ADMIT_MS = 10_000;
const BEAT_MS = 5_000;
/** What the reference client takes for silence, where the other side promises a sign each 30 s. */
const SILENCE_MS = 45_000;

/**
 * Sends the messages 1, 2, 3 … as the reference client does: at most 100 unconfirmed, a receipt counts for all before it,
 * and whatever is odd ends it. A supervisor starts it again, and it begins with the first that is not confirmed.
 */
export class ReferenceClient {
  /** All up to this number are confirmed. */
  confirmed = 0;
  readonly lives: Life[] = [];
  /** What the other side did that no server may do. */
  readonly offences: string[] = [];
  private readonly sends: number[] = [];
  private wanted = 0;
  private sent = 0;
  /** The number before the first of this life, whose receipts count from 1. */
  private base = 0;
  private socket: TLSSocket | undefined;
  private reader = new StompReader();
  private admitted = false;
  private stopped = false;
  private heardAt = 0;
  private timers: NodeJS.Timeout[] = [];

  constructor(private readonly options: ReferenceClientOptions) {}

  /** Whether the other side has let it in, in this life. */
  get isAdmitted(): boolean {
    return this.admitted;
  }

  start(): void {
    const { port, tls } = this.options;
    this.base = this.sent = this.confirmed;
    this.reader = new StompReader();
    this.admitted = false;
    const socket = connect({
      host: '127.0.0.1',
      port,
      ...tls,
      minVersion: 'TLSv1.3',
      checkServerIdentity: () => undefined,
    });
    this.socket = socket;
    const end = (reason: string): void => this.end(socket, reason);
    socket.on('secureConnect', () => socket.write('STOMP\naccept-version:1.2\nhost:/\nheart-beat:5000,30000\n\n\0'));
    socket.on('data', (chunk: Buffer) => this.read(socket, chunk));
    socket.on('error', ({ message }: Error) => end(message));
    socket.on('close', () => end('closed'));
    this.timers = [
      setTimeout(() => {
        if (!this.admitted) end('no answer to CONNECT');
      }, ADMIT_MS),
      setInterval(() => {
        if (this.admitted) socket.write('\n');
        if (this.admitted && Date.now() - this.heardAt > SILENCE_MS) end('silence');
      }, BEAT_MS),
    ];
  }

  stop(): void {
    this.stopped = true;
    if (this.socket !== undefined) this.end(this.socket, 'stopped');
    for (const timer of this.timers) clearTimeout(timer);
  }

  /** Has messages up to this number sent, as fast as they are confirmed. */
  sendUpTo(number: number): void {
    this.wanted = Math.max(this.wanted, number);
    this.pump();
  }

  /** How often a message was sent. */
  sendsOf(number: number): number {
    return this.sends[number] ?? 0;
  }

  private read(socket: TLSSocket, chunk: Buffer): void {
    this.heardAt = Date.now();
    try {
      for (const frame of this.reader.read(chunk)) if (socket === this.socket) this.take(socket, frame);
    } catch (error) {
      this.offend(socket, (error as Error).message);
    }
  }

  private take(socket: TLSSocket, { command, headers }: ClientFrame): void {
    if (command === 'ERROR') this.end(socket, `ERROR ${headers.get('message') ?? ''}`);
    else if (command === 'CONNECTED' && headers.get('version') === '1.2' && !this.admitted) {
      this.admitted = true;
      this.pump();
    } else if (command === 'RECEIPT' && this.admitted) this.confirm(socket, headers.get('receipt-id') ?? '');
    else this.offend(socket, `an unexpected ${command}`);
  }

  private confirm(socket: TLSSocket, receipt: string): void {
    const number = this.base + Number(receipt);
    if (!(number > this.confirmed && number <= this.sent)) {
      this.offend(
        socket,
        `RECEIPT ${receipt} where ${this.confirmed - this.base + 1} to ${this.sent - this.base} are open`,
      );
      return;
    }
    this.confirmed = number;
    this.pump();
  }

  private pump(): void {
    const { socket, options } = this;
    if (!this.admitted || socket === undefined) return;
    const { window = WINDOW } = options;
    const frames: Buffer[] = [];
    while (this.sent < this.wanted && this.sent - this.confirmed < window) {
      this.sent += 1;
      this.sends[this.sent] = this.sendsOf(this.sent) + 1;
      const body = options.bodyOf(this.sent);
      const head =
        `SEND\ndestination:${options.destination}\ntype:${options.type}\ncontent-type:application/json\n` +
        `persistent:true\nreceipt:${this.sent - this.base}\ncontent-length:${body.length}\n\n`;
      frames.push(Buffer.from(head), body, Buffer.of(0));
    }
    if (frames.length > 0) socket.write(Buffer.concat(frames));
  }

  private offend(socket: TLSSocket, what: string): void {
    this.offences.push(what);
    this.end(socket, what);
  }

  private end(socket: TLSSocket, reason: string): void {
    if (socket !== this.socket) return;
    this.socket = undefined;
    for (const timer of this.timers) clearTimeout(timer);
    socket.destroy();
    const unconfirmed = Array.from({ length: this.sent - this.confirmed }, (_, at) => this.confirmed + 1 + at);
    this.lives.push({ reason, unconfirmed });
    if (!this.stopped) this.timers = [setTimeout(() => this.start(), AGAIN_MS)];
  }
}
