import type { Duplex } from 'node:stream';
import { socketError } from '../broker/amqp/verified-socket';
import { messageOf, NetmapError } from '../lib/errors';
import type { Clock } from '../lib/clock';
import { RelayError } from './relay-error';
import type { SendHeaders } from './send-headers';
import { StompFrames, type StompFrame } from './stomp-frames';
import { StompRefusal } from './stomp-refusal';
import { Watchdog } from './watchdog';

export interface SessionOptions {
  readonly socket: Duplex;
  /** Where it leads, for messages. */
  readonly where: string;
  /** Header `host` of CONNECT. */
  readonly host: string;
  readonly login?: string;
  readonly passcode?: string;
  /** For the answer to CONNECT. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface SessionEvents {
  /** As the peer has written it. */
  onReceipt(receipt: string): void;
  /** Called once, when it ends unasked. */
  onEnd(reason: Error): void;
}

/** What we offer and wish, milliseconds: heart-beats of ours at this pace at best, of the peer's at this pace at worst. */
const BEATS = { send: 5_000, receive: 30_000 };
/** What may pass beyond the peer's promise. */
const TOLERANCE_MS = 15_000;

/** One STOMP 1.2 connection over which we only send. It is not made again when it ends. */
export class StompSession {
  private readonly frames: StompFrames;
  private phase: 'connecting' | 'open' | 'over' = 'connecting';
  private settle: (error?: Error) => void = () => undefined;
  private cancelBeat: () => void = () => undefined;
  private silence: Watchdog | undefined;

  private constructor(
    private readonly options: SessionOptions,
    private readonly events: SessionEvents,
  ) {
    this.frames = new StompFrames(options.socket, {
      onData: () => this.silence?.touch(),
      onFrame: (frame) => this.take(frame),
      onEnd: (error) => this.end(error === undefined ? this.closed() : this.named(error)),
    });
  }

  /** Resolves when the peer has let us in. Rejects with StompRefusal, RelayError or AccessError; the socket is closed then. */
  static async open(options: SessionOptions, events: SessionEvents): Promise<StompSession> {
    const session = new StompSession(options, events);
    await session.connect();
    return session;
  }

  send(headers: SendHeaders, body: Buffer): void {
    this.frames.send('SEND', headers, body);
  }

  /** Asks for a last receipt, which confirms all that was sent. */
  disconnect(receipt: number): void {
    this.frames.send('DISCONNECT', { receipt: String(receipt) });
  }

  /** At once; nothing is called any more. */
  close(): void {
    this.phase = 'over';
    this.cancelBeat();
    this.silence?.stop();
    this.frames.destroy();
  }

  private connect(): Promise<void> {
    const { where, host, login, passcode, timeoutMs, clock, signal } = this.options;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.end(signal.reason as Error);
      const cancel = clock.after(timeoutMs, () =>
        this.end(
          new RelayError('RELAY_NO_ANSWER', `${where} did not answer CONNECT within ${timeoutMs} ms`, {
            decision: 'retry',
          }),
        ),
      );
      this.settle = (error) => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.frames.send('STOMP', {
        'accept-version': '1.2',
        host,
        'heart-beat': `${BEATS.send},${BEATS.receive}`,
        ...(login === undefined ? {} : { login }),
        ...(passcode === undefined ? {} : { passcode }),
      });
    });
  }

  private take(frame: StompFrame): void {
    const { command, headers } = frame;
    if (command === 'ERROR') this.end(StompRefusal.of(frame, this.options.where));
    else if (command === 'CONNECTED' && this.phase === 'connecting') this.admitted(headers);
    else if (command === 'RECEIPT' && this.phase === 'open') this.events.onReceipt(headers['receipt-id'] ?? '');
    else this.end(this.odd(`an unexpected ${JSON.stringify(command.slice(0, 50))} frame`));
  }

  private admitted(headers: StompFrame['headers']): void {
    if (headers['version'] !== '1.2') {
      this.end(this.odd('another version than STOMP 1.2'));
      return;
    }
    const match = /^(\d{1,9}) *, *(\d{1,9})$/.exec(headers['heart-beat'] ?? '0,0');
    if (match === null) {
      this.end(this.odd('a heart-beat that is no pair of numbers'));
      return;
    }
    const [promised = 0, wished = 0] = match.slice(1).map(Number);
    this.phase = 'open';
    if (wished > 0) this.beatEvery(Math.max(BEATS.send, wished));
    if (promised > 0) this.watch(Math.max(BEATS.receive, promised) + TOLERANCE_MS);
    this.settle();
  }

  /** Whatever is sent besides: to leave one out could leave twice as long a gap as agreed. */
  private beatEvery(ms: number): void {
    this.cancelBeat = this.options.clock.after(ms, () => {
      this.frames.beat();
      this.beatEvery(ms);
    });
  }

  private watch(ms: number): void {
    const { clock, where } = this.options;
    this.silence = new Watchdog({
      clock,
      ms,
      expects: () => true,
      onSilence: () =>
        this.end(
          new RelayError('RELAY_SILENT', `nothing came from ${where} for ${ms / 1000} s`, { decision: 'retry' }),
        ),
    });
  }

  private end(reason: Error): void {
    if (this.phase === 'over') return;
    const wasOpen = this.phase === 'open';
    this.close();
    if (wasOpen) this.events.onEnd(reason);
    else this.settle(reason);
  }

  private closed(): RelayError {
    const { where } = this.options;
    const retry = { decision: 'retry' } as const;
    return this.phase === 'open'
      ? new RelayError('RELAY_CLOSED', `${where} has closed the connection`, retry)
      : new RelayError('RELAY_NOT_ADMITTED', `${where} closed the connection before it answered CONNECT`, {
          ...retry,
          remedy: 'ask the peer whether it has our root registered and active',
        });
  }

  /** That our certificate is refused a TLS 1.3 server says only after the handshake. */
  private named(cause: Error): Error {
    if (cause instanceof NetmapError) return cause;
    const { where } = this.options;
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (code.startsWith('ERR_SSL')) return socketError(cause, where);
    const what = `${where} has broken the connection off`;
    return this.phase === 'open'
      ? new RelayError('RELAY_CLOSED', `${what}: ${messageOf(cause)}`, { decision: 'retry', cause })
      : new RelayError('RELAY_NOT_ADMITTED', `${what} before it answered CONNECT: ${messageOf(cause)}`, {
          decision: 'retry',
          cause,
        });
  }

  private odd(what: string): RelayError {
    return new RelayError('RELAY_PROTOCOL', `${this.options.where} sent ${what}`);
  }
}
