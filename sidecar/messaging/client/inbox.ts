import { Backoff } from '../../lib/backoff';
import type { Clock } from '../../lib/clock';
import { cordaAddresses } from '../../plan/address-profile';
import type { Directory } from '../directory';
import { Reject } from '../messaging-error';
import type { Party } from '../party';
import type { Receiving } from '../received-message';
import type { BrokerConnection, ReceiverLink, Selection, Settlement, WireDelivery } from '../transport';
import { isRefusal, refusedToRead } from './errors';
import { Fifo } from './fifo';
import { Incoming, type IncomingContext } from './incoming';

export interface InboxOptions {
  /** Identities whose queues are read. */
  readonly recipients: readonly Party[];
  readonly selection: Selection;
  readonly window: number;
  readonly concurrency: number;
  /** As a Handler. */
  readonly handler: (message: Incoming) => Promise<void> | void;
  /** What was handed over and is not settled comes again: it can be settled no more. */
  readonly onForgotten?: (() => void) | undefined;
  readonly directory: Directory;
  readonly context: IncomingContext;
  readonly clock: Clock;
  readonly random: (() => number) | undefined;
}

/** A message that is here and has not been handed over. */
interface Waiting {
  readonly wire: WireDelivery;
  readonly source: Source;
  readonly settle: (how: Settlement) => void;
}

const REOPEN = { min: 200, max: 30_000, jitter: 'equal' } as const;

/** Messages of one `receive`, from their queues to the handler, whatever becomes of the connection in between. */
export class Inbox implements Receiving {
  private readonly waiting = new Fifo<Waiting>();
  private readonly reopen: Backoff;
  private sources: Source[] = [];
  private connection: BrokerConnection | undefined;
  private running = 0;
  private stopping = false;
  private cancelReopen = (): void => undefined;
  private idle: (() => void)[] = [];
  private opened: { readonly done: () => void; readonly failed: (error: Error) => void } | undefined;

  constructor(private readonly options: InboxOptions) {
    const { random } = options;
    this.reopen = new Backoff(random === undefined ? REOPEN : { ...REOPEN, random });
  }

  get isRunning(): boolean {
    return this.running > 0;
  }

  /** Resolves when every queue is being read; rejects with MessagingError RECEIVE_REFUSED. */
  whenOpen(): Promise<void> {
    return new Promise((done, failed) => {
      this.opened = { done, failed };
    });
  }

  connected(connection: BrokerConnection): void {
    this.connection = connection;
    void this.openAll(connection);
  }

  disconnected(): void {
    this.connection = undefined;
    this.cancelReopen();
    this.forget();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.cancelReopen();
    for (const { settle, source } of this.waiting.drain()) if (source.isLive) settle('released');
    if (this.running > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    for (const source of this.sources.splice(0)) source.close();
    this.opened?.done();
  }

  private async openAll(connection: BrokerConnection): Promise<void> {
    const { recipients, selection, window } = this.options;
    const isCurrent = (): boolean => this.connection === connection && !this.stopping;
    const sources = recipients.map((recipient) => new Source(recipient, window));
    this.sources = sources;
    try {
      for (const source of sources) {
        const link = await connection.openReceiver(source.recipient.id, selection, {
          onMessage: (wire, settle) => this.take({ wire, source, settle }),
          onEnd: () => this.retry(connection),
        });
        if (!isCurrent()) {
          link.close();
          return;
        }
        source.open(link);
      }
      this.reopen.reset();
      this.opened?.done();
      this.opened = undefined;
    } catch (error) {
      if (!isCurrent()) return;
      const { opened } = this;
      if (opened !== undefined && isRefusal(error)) {
        opened.failed(refusedToRead(recipients.map(({ name }) => name).join('; '), error));
        return;
      }
      this.retry(connection);
    }
  }

  private retry(connection: BrokerConnection): void {
    if (this.connection !== connection || this.stopping) return;
    for (const source of this.sources) source.close();
    this.forget();
    this.cancelReopen();
    this.cancelReopen = this.options.clock.after(this.reopen.next(), () => {
      if (this.connection === connection && !this.stopping) void this.openAll(connection);
    });
  }

  private forget(): void {
    for (const source of this.sources) source.isLive = false;
    this.sources = [];
    this.waiting.drain();
    this.options.onForgotten?.();
  }

  private take(message: Waiting): void {
    if (this.stopping) {
      message.settle('released');
      return;
    }
    this.waiting.push(message);
    this.pump();
  }

  private pump(): void {
    while (this.running < this.options.concurrency) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.running += 1;
      const work = this.handle(next);
      if (work === undefined) this.ended();
      else void work.then(() => this.endedLater());
    }
  }

  private endedLater(): void {
    this.ended();
    if (!this.stopping) this.pump();
  }

  private ended(): void {
    this.running -= 1;
    if (this.running === 0 && this.stopping) for (const tell of this.idle.splice(0)) tell();
  }

  /** Undefined when it was done at once. */
  private handle(waiting: Waiting): Promise<void> | undefined {
    const senderId = cordaAddresses.senderOf(waiting.wire.to);
    const name = senderId === undefined ? undefined : this.options.directory.nameOf(senderId);
    if (name instanceof Promise) {
      return name.then(
        (known) => this.handOver(waiting, senderId, known),
        () => this.handOver(waiting, senderId, undefined),
      );
    }
    return this.handOver(waiting, senderId, name);
  }

  private handOver(
    { wire, source, settle }: Waiting,
    senderId: string | undefined,
    name: string | undefined,
  ): Promise<void> | undefined {
    const { handler, context } = this.options;
    const sender = { id: senderId ?? '', name };
    const message = new Incoming(wire, source.recipient, sender, context, (how) => {
      if (!source.isLive) return false;
      settle(how);
      source.giveBack();
      return true;
    });
    if (senderId === undefined) {
      const reason = `it came in by ${wire.to === '' ? 'no address' : wire.to}, which names no sender`;
      return message.rejectBecause('unsigned', reason).catch(() => undefined);
    }
    try {
      const work = handler(message);
      if (work === undefined) {
        finish(message);
        return undefined;
      }
      return work.then(
        () => finish(message),
        (error: unknown) => fail(message, error),
      );
    } catch (error) {
      return fail(message, error);
    }
  }
}

/** One queue that is read. */
class Source {
  isLive = true;
  private link: ReceiverLink | undefined;
  private owed = 0;

  constructor(
    readonly recipient: Party,
    private readonly window: number,
  ) {}

  open(link: ReceiverLink): void {
    this.link = link;
    link.addCredit(this.window);
  }

  /** A message is settled: another may come. The broker is told of a quarter of the window at once. */
  giveBack(): void {
    this.owed += 1;
    if (this.owed * 4 < this.window) return;
    this.link?.addCredit(this.owed);
    this.owed = 0;
  }

  close(): void {
    this.isLive = false;
    this.link?.close();
  }
}

function finish(message: Incoming): void {
  if (!message.isSettled) comesAgainOtherwise(() => message.acknowledge());
}

async function fail(message: Incoming, error: unknown): Promise<void> {
  if (message.isSettled) return;
  if (!(error instanceof Reject)) {
    comesAgainOtherwise(() => message.retryLater());
    return;
  }
  await message.reject(error.message).catch(() => undefined);
}

/** Where the connection is lost the broker delivers the message again without being asked. */
function comesAgainOtherwise(settle: () => void): void {
  try {
    settle();
  } catch (error) {
    if ((error as { code?: string }).code !== 'MESSAGE_COMES_AGAIN') throw error;
  }
}
