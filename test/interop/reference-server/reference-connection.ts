import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../../sidecar/lib/clock';
import type { Fault } from './faults';
import { FrameError, StompReader, type ClientFrame } from './stomp-reader';

export interface StoredMessage {
  readonly type: string;
  readonly body: string;
  /** Number of the connection that it came by. */
  readonly connection: number;
  /** A receipt that covers it was handed to the socket. */
  confirmed: boolean;
}

/** What a connection needs of its server. */
export interface ConnectionOwner {
  readonly clock: Clock;
  readonly random: () => number;
  readonly destination: string;
  /** Words of an ERROR, for a message that must not be stored. */
  readonly refuse: (type: string, body: Buffer) => string | undefined;
  readonly onHeaders: (frame: ClientFrame) => void;
  store(message: StoredMessage): void;
  fault(): Fault | undefined;
  restart(): void;
}

const HEART_BEAT = '5000,30000';
/** Where a message cannot be read, nobody knows which it was. */
const OF_THE_READER = /^(?:UTF-8 decode error|Invalid frame|Invalid header)\./;
const CONNECT_MS = 10_000;
const BEAT_MS = 30_000;
const SILENCE_MS = 45_000;

/** One client, served as the reference server serves him. */
export class ReferenceConnection {
  private readonly reader = new StompReader();
  private phase: 'new' | 'open' | 'over' = 'new';
  private unconfirmed: { message: StoredMessage; receipt: string; lost: boolean }[] = [];
  private frozen = false;
  private heardAt: number;
  private cancels: (() => void)[] = [];
  private confirming = false;

  constructor(
    private readonly socket: TLSSocket,
    /** What lies below TLS: only that can be reset. */
    private readonly tcp: Socket,
    private readonly number: number,
    private readonly owner: ConnectionOwner,
  ) {
    this.heardAt = owner.clock.now();
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('close', () => this.over());
    this.after(CONNECT_MS, () => {
      if (this.phase === 'new') socket.end();
    });
  }

  error(words: string, receipt?: string, body = ''): void {
    this.confirm();
    const id = receipt === undefined ? '' : `receipt-id:${receipt}\ncontent-type:application/json\n`;
    this.write(
      `ERROR\nmessage:${words.replaceAll(':', '\\c')}\n${id}content-length:${Buffer.byteLength(body)}\n\n${body}\0`,
    );
    this.over();
    this.socket.end();
  }

  /** Nothing is read or answered any more. */
  freeze(): void {
    this.frozen = true;
    this.over();
  }

  break(): void {
    this.over();
    this.tcp.resetAndDestroy();
    this.socket.destroy();
  }

  private after(ms: number, callback: () => void): void {
    this.cancels.push(this.owner.clock.after(ms, callback));
  }

  private read(chunk: Buffer): void {
    this.heardAt = this.owner.clock.now();
    try {
      for (const frame of this.reader.read(chunk)) {
        if (this.frozen || this.phase === 'over') return;
        this.take(frame);
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.error(error.message, error.receipt, error.body);
    }
  }

  private take(frame: ClientFrame): void {
    const { command, headers } = frame;
    if (command === 'CONNECT' || command === 'STOMP') this.connect(frame);
    else if (this.phase === 'new') throw new FrameError('Received another command before CONNECT.');
    else if (command === 'SEND') this.message(frame);
    else if (command === 'DISCONNECT') this.disconnect(headers.get('receipt') ?? '');
    else throw new FrameError(`Received unexpected command "${command}".`);
  }

  private connect(frame: ClientFrame): void {
    if (this.phase === 'open') throw new FrameError('Received CONNECT command more than once.');
    if (!(frame.headers.get('accept-version') ?? '').split(',').includes('1.2'))
      throw new FrameError('STOMP 1.2 is not supported by the client.');
    this.owner.onHeaders(frame);
    this.phase = 'open';
    this.write(`CONNECTED\nversion:1.2\nheart-beat:${HEART_BEAT}\n\n\0`);
    this.beat();
    this.watch();
  }

  /** The receipts of what was sent before may be left out. */
  private disconnect(receipt: string): void {
    this.write(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
    for (const { message } of this.unconfirmed) message.confirmed = true;
    this.over();
    this.socket.end();
  }

  private beat(): void {
    this.after(BEAT_MS, () => {
      this.write('\n');
      this.beat();
    });
  }

  private watch(): void {
    this.after(5_000, () => {
      if (this.owner.clock.now() - this.heardAt > SILENCE_MS) this.error('No data received for 45.000 seconds.');
      else this.watch();
    });
  }

  private message(frame: ClientFrame): void {
    const { owner } = this;
    owner.onHeaders(frame);
    const { receipt, type } = this.check(frame);
    const fault = owner.fault();
    if (fault === 'error') throw new FrameError('Internal server error.');
    if (fault === 'reset-before') {
      this.break();
      return;
    }
    const body = frame.body.toString();
    const words = owner.refuse(type, frame.body);
    if (words !== undefined)
      throw OF_THE_READER.test(words) ? new FrameError(words) : new FrameError(words, receipt, body);
    const message: StoredMessage = { type, body, connection: this.number, confirmed: false };
    owner.store(message);
    this.unconfirmed.push({ message, receipt, lost: fault === 'lose-receipt' });
    if (fault === 'reset-after') this.break();
    else if (fault === 'restart') owner.restart();
    else if (fault === 'freeze') this.freeze();
    else this.confirmSoon();
  }

  private check({ headers }: ClientFrame): { readonly receipt: string; readonly type: string } {
    const header = (name: string): string => {
      const value = headers.get(name);
      if (value === undefined) throw new FrameError(`SEND command without a ${name} header.`);
      return value;
    };
    const [destination, receipt] = [header('destination'), header('receipt')];
    const [type, contentType] = [header('type'), header('content-type')];
    if (destination !== this.owner.destination)
      throw new FrameError(`Invalid SEND destination "${destination}".`, receipt);
    if (contentType !== 'application/json') throw new FrameError(`Unsupported content type: ${contentType}.`, receipt);
    return { receipt, type };
  }

  /** Several at once, with one receipt for all of them now and then. */
  private confirmSoon(): void {
    if (this.confirming) return;
    this.confirming = true;
    setImmediate(() => {
      this.confirming = false;
      this.confirm();
    });
  }

  private confirm(): void {
    if (this.frozen || this.phase !== 'open') return;
    const batch = this.unconfirmed;
    // The last one speaks for all, unless its own receipt is lost.
    const told = batch.filter(({ lost }, at) => !lost && (at === batch.length - 1 || this.owner.random() < 0.5));
    const last = told.at(-1);
    if (last === undefined) return;
    this.write(told.map(({ receipt }) => `RECEIPT\nreceipt-id:${receipt}\n\n\0`).join(''));
    const upTo = batch.indexOf(last) + 1;
    for (const { message } of batch.slice(0, upTo)) message.confirmed = true;
    this.unconfirmed = batch.slice(upTo);
  }

  private write(text: string): void {
    if (!this.frozen && this.phase !== 'over' && this.socket.writable) this.socket.write(text);
  }

  private over(): void {
    this.phase = 'over';
    for (const cancel of this.cancels) cancel();
    this.cancels = [];
  }
}
