import { Backoff } from '../../lib/backoff';
import type { Clock } from '../../lib/clock';
import type { BrokerConnection, SenderLink, SendOutcome, WireMessage } from '../transport';
import type { SendWindow } from './client-options';
import { aborted, isRefusal, refusedToSend } from './errors';
import { Fifo } from './fifo';
import { onAbort } from './on-abort';

interface Entry {
  readonly message: WireMessage;
  readonly size: number;
  /** Undefined once nobody waits for it any more. */
  settle: ((error?: Error) => void) | undefined;
}

export interface OutboxOptions {
  readonly address: string;
  readonly window: SendWindow;
  readonly clock: Clock;
  readonly random: (() => number) | undefined;
}

/** Bytes that a message has besides its body, about. */
const OVERHEAD = 400;
/** Pause before a message is offered again that the broker gave back. */
const AGAIN = { min: 100, max: 10_000, jitter: 'equal' } as const;

/**
 * What is on its way to one address, in order. Holds what the broker has not confirmed, and sends it again with the same
 * duplicate ID over the next connection.
 */
export class Outbox {
  private readonly queue = new Fifo<Entry>();
  private readonly inFlight = new Set<Entry>();
  private readonly again: Backoff;
  private bytes = 0;
  private connection: Pick<BrokerConnection, 'openSender'> | undefined;
  private link: SenderLink | undefined;
  private opening = false;
  private cancelPause: (() => void) | undefined;
  private emptied: (() => void)[] = [];

  constructor(private readonly options: OutboxOptions) {
    const { random } = options;
    this.again = new Backoff(random === undefined ? AGAIN : { ...AGAIN, random });
  }

  get isEmpty(): boolean {
    return this.queue.size === 0 && this.inFlight.size === 0;
  }

  /** Resolves when the broker has stored it. Throws MessagingError SEND_REFUSED or ABORTED. */
  put(message: WireMessage, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.offer(message, signal, (error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }

  /** As `put`; `settle` is called once, with what `put` throws. */
  offer(message: WireMessage, signal: AbortSignal | undefined, settle: (error?: Error) => void): void {
    if (signal?.aborted === true) {
      settle(aborted(signal));
      return;
    }
    const entry: Entry = { message, size: message.body.length + OVERHEAD, settle };
    if (signal !== undefined) {
      const stopListening = onAbort(signal, () => {
        this.queue.remove(entry);
        this.settle(entry, aborted(signal));
        this.tellIfEmpty();
      });
      entry.settle = (error) => {
        stopListening();
        settle(error);
      };
    }
    this.queue.push(entry);
    this.pump();
  }

  /** There is a connection to send by. */
  connected(connection: Pick<BrokerConnection, 'openSender'>): void {
    this.connection = connection;
    this.pump();
  }

  /** The connection and its links are gone; what was under way has perhaps arrived. */
  disconnected(): void {
    this.connection = undefined;
    this.opening = false;
    this.linkEnded();
  }

  /** Resolves when everything is confirmed or has failed. */
  whenEmpty(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.emptied.push(resolve));
  }

  /** For when nothing is under way. */
  closeLink(): void {
    this.link?.close();
    this.link = undefined;
  }

  /** Nothing is sent any more; whoever waits is told this. */
  fail(reason: Error): void {
    const all = [...this.inFlight, ...this.queue.drain()];
    this.inFlight.clear();
    this.bytes = 0;
    for (const entry of all) this.settle(entry, reason);
    this.tellIfEmpty();
  }

  private pump(): void {
    const { window } = this.options;
    if (this.queue.size === 0 || this.cancelPause !== undefined) return;
    if (this.link === undefined) {
      void this.openLink();
      return;
    }
    while (this.inFlight.size < window.messages && (this.bytes < window.bytes || this.inFlight.size === 0)) {
      const next = this.queue.peek();
      if (next === undefined || !this.link.sendable()) return;
      this.queue.shift();
      this.inFlight.add(next);
      this.bytes += next.size;
      try {
        this.link.send(next.message, (outcome) => this.onOutcome(next, outcome));
      } catch (error) {
        // What cannot be put into words of AMQP must not hold up what follows.
        this.onOutcome(next, error as Error);
      }
    }
  }

  private onOutcome(entry: Entry, outcome: SendOutcome): void {
    if (!this.inFlight.delete(entry)) return;
    this.bytes -= entry.size;
    if (outcome === 'again') {
      if (entry.settle !== undefined) this.queue.unshift([entry]);
      this.pause();
    } else {
      this.again.reset();
      this.settle(entry, outcome === 'stored' ? undefined : refusedToSend(this.options.address, outcome));
    }
    this.tellIfEmpty();
    this.pump();
  }

  private settle(entry: Entry, error?: Error): void {
    const { settle } = entry;
    entry.settle = undefined;
    settle?.(error);
  }

  private pause(): void {
    this.cancelPause ??= this.options.clock.after(this.again.next(), () => {
      this.cancelPause = undefined;
      this.pump();
    });
  }

  private async openLink(): Promise<void> {
    const { connection } = this;
    if (connection === undefined || this.opening) return;
    this.opening = true;
    const isCurrent = (): boolean => this.connection === connection;
    try {
      const link = await connection.openSender(this.options.address, {
        onSendable: () => this.pump(),
        onEnd: () => {
          if (!isCurrent()) return;
          this.linkEnded();
          this.pause();
        },
      });
      if (!isCurrent()) return;
      this.link = link;
      this.opening = false;
    } catch (error) {
      if (!isCurrent()) return;
      this.opening = false;
      if (isRefusal(error)) this.fail(refusedToSend(this.options.address, error));
      else this.pause();
      return;
    }
    this.pump();
  }

  private linkEnded(): void {
    this.link = undefined;
    this.queue.unshift([...this.inFlight].filter(({ settle }) => settle !== undefined));
    this.inFlight.clear();
    this.bytes = 0;
    this.tellIfEmpty();
  }

  private tellIfEmpty(): void {
    if (!this.isEmpty) return;
    for (const tell of this.emptied.splice(0)) tell();
  }
}
