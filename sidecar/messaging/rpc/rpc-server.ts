import type { BackoffOptions } from '../../lib/backoff';
import type { Clock } from '../../lib/clock';
import { messageOf } from '../../lib/errors';
import { rpcAddresses } from '../../plan/address-profile';
import { RECONNECT } from '../client/client-options';
import { refusedToRead } from '../client/errors';
import { ConnectionKeeper } from '../client/keeper';
import { MessagingError } from '../messaging-error';
import type { MessagingState } from '../messaging-state';
import type { Opening, ReceiverLink, Settlement, WireDelivery, WireMessage } from '../transport';
import { answerFault, answerMessage, faultMessage, handlerFault } from './answer';
import { ReceiverKeeper } from './receiver-keeper';
import { ReplyLinks } from './reply-links';
import { ReplyRoom } from './reply-room';
import { RpcFault } from './rpc-fault';
import type { RpcAnswer, RpcEnd, RpcHandler } from './rpc-message';
import { methodOf, readRequest, type ReadRequest } from './rpc-request';
import type { RpcConnection } from './rpc-transport';

/**
 * What the handler and the clients do not see:
 * - refused: a request that names nobody's reply queue, or another's than its sender's; the handler was not asked
 * - failed: the handler threw something else than RpcFault, or answered what cannot be sent; the client was told that it failed
 * - lost: the reply could not be given to the broker: the client is gone, or does not read
 */
export interface RpcProblem {
  readonly kind: 'refused' | 'failed' | 'lost';
  /** Empty where the broker names nobody. */
  readonly user: string;
  readonly method: string | undefined;
  readonly requestId: string | undefined;
  readonly error: Error;
}

export interface RpcServerOptions {
  readonly open: Opening<RpcConnection>;
  readonly handler: RpcHandler;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Requests that are handled at the same time; 16 unless given. */
  readonly concurrency?: number;
  /** How long the broker may take over a reply before it counts as lost, milliseconds; 10,000 unless given. */
  readonly replyTimeoutMs?: number;
  /** Bytes that an answer's body may have at most. */
  readonly maxMessageSize: number;
  readonly onProblem?: (problem: RpcProblem) => void;
  readonly reconnect?: Partial<BackoffOptions>;
}

export interface RpcCounts {
  answered: number;
  /** Answered with an RpcFault of the handler's; `answered` counts them, too. */
  faults: number;
  refused: number;
  failed: number;
  lost: number;
}

const CONCURRENCY = 16;
const MOST_CONCURRENCY = 2000;
const REPLY_MS = 10_000;
const CLOSE_MS = 10_000;

/** Answers the requests of RPC users. Each is acknowledged when its reply is stored, or known to be lost. */
export class RpcServer implements RpcEnd {
  private readonly counters: RpcCounts = { answered: 0, faults: 0, refused: 0, failed: 0, lost: 0 };
  private readonly keeper: ConnectionKeeper<RpcConnection>;
  private readonly requests: ReceiverKeeper<RpcConnection>;
  private readonly replies: ReplyLinks;
  private readonly room: ReplyRoom;
  private link: ReceiverLink | undefined;
  private running = 0;
  private closing: Promise<void> | undefined;
  private idle: (() => void)[] = [];

  private constructor(private readonly options: RpcServerOptions) {
    const { clock, reconnect } = options;
    this.replies = new ReplyLinks(clock, reconnect?.random);
    this.room = new ReplyRoom(clock);
    this.requests = new ReceiverKeeper<RpcConnection>({
      open: (connection, events) => connection.openRequests(events),
      onOpen: (_connection, link) => {
        this.link = link;
        link.addCredit(this.concurrency);
      },
      onMessage: (message, settle) => this.onRequest(message, settle),
      onEnd: () => (this.link = undefined),
      clock,
      random: reconnect?.random,
    });
    this.keeper = new ConnectionKeeper<RpcConnection>(
      options.open,
      clock,
      {
        onConnected: (connection) => {
          this.replies.connected(connection);
          this.requests.connected(connection);
        },
        onDisconnected: () => {
          this.replies.disconnected();
          this.requests.disconnected(new Error('the connection is lost'));
        },
      },
      { ...RECONNECT, ...reconnect },
    );
  }

  /**
   * Resolves when requests are asked for.
   * @throws MessagingError RECEIVE_INVALID, RECEIVE_REFUSED, and what `open` throws
   */
  static async open(options: RpcServerOptions): Promise<RpcServer> {
    const { concurrency = CONCURRENCY } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MOST_CONCURRENCY) {
      throw new MessagingError('RECEIVE_INVALID', `a concurrency of ${concurrency}`, {
        remedy: `give a whole number from 1 to ${MOST_CONCURRENCY}`,
      });
    }
    const server = new RpcServer(options);
    const open = server.requests.whenOpen();
    await server.keeper.start();
    try {
      await open;
      return server;
    } catch (error) {
      await server.close();
      throw refusedToRead('RPC users', error);
    }
  }

  get state(): MessagingState {
    return this.keeper.state;
  }

  /** Since it was opened. */
  get counts(): Readonly<RpcCounts> {
    return { ...this.counters };
  }

  onState(listener: (state: MessagingState) => void): () => void {
    return this.keeper.onState(listener);
  }

  close({ timeoutMs = CLOSE_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.closing ??= this.end(timeoutMs);
    return this.closing;
  }

  private get concurrency(): number {
    return this.options.concurrency ?? CONCURRENCY;
  }

  private onRequest(message: WireDelivery, settle: (how: Settlement) => void): void {
    if (this.closing !== undefined) {
      settle('released');
      return;
    }
    const { link } = this;
    const isLive = (): boolean => this.link !== undefined && this.link === link;
    let hasSlot = true;
    const freeSlot = (): void => {
      if (hasSlot && isLive() && this.closing === undefined) link?.addCredit(1);
      hasSlot = false;
    };
    this.running += 1;
    void this.answer(message, freeSlot).then(() => {
      this.running -= 1;
      // Over a lost connection nothing can be settled: the broker delivers the request again.
      if (isLive()) settle('accepted');
      freeSlot();
      if (this.running === 0) for (const tell of this.idle.splice(0)) tell();
    });
  }

  /** Never rejects. */
  private async answer(message: WireDelivery, freeSlot: () => void): Promise<void> {
    const read = readRequest(message);
    if (read instanceof Error) {
      this.problem('refused', message, read);
      return;
    }
    const { user } = read.request;
    const reply = await this.replyTo(read, message);
    const { length } = reply.body;
    if (!(await this.room.enter(user, length))) {
      this.problem('lost', message, new MessagingError('SEND_REFUSED', `${user} does not read the replies to him`));
      return;
    }
    // From here on he waits for himself alone.
    freeSlot();
    this.room.leave(user, length, await this.deliver(read.replyTo, reply, message));
  }

  /** Resolves with whether the broker has stored it. */
  private async deliver(to: string, reply: WireMessage, message: WireDelivery): Promise<boolean> {
    const { clock, replyTimeoutMs = REPLY_MS } = this.options;
    const abort = new AbortController();
    const late = new Error(`the broker did not take it within ${replyTimeoutMs} ms: its reader does not read`);
    const cancel = clock.after(replyTimeoutMs, () => abort.abort(late));
    try {
      await this.replies.put(to, reply, abort.signal);
      this.counters.answered += 1;
      return true;
    } catch (error) {
      this.problem('lost', message, abort.signal.aborted ? late : (error as Error));
      return false;
    } finally {
      cancel();
    }
  }

  private async replyTo({ request }: ReadRequest, message: WireDelivery): Promise<WireMessage> {
    const { handler, maxMessageSize, clock, newId } = this.options;
    const envelope = { id: newId(), createdAt: clock.now(), request: message, maxMessageSize };
    let answer: RpcAnswer;
    try {
      answer = await handler(request);
    } catch (error) {
      if (error instanceof RpcFault) this.counters.faults += 1;
      else this.problem('failed', message, error instanceof Error ? error : new Error(messageOf(error)));
      return faultMessage(handlerFault(error), envelope);
    }
    try {
      return answerMessage(answer, envelope);
    } catch (error) {
      this.problem('failed', message, error as Error);
      return faultMessage(answerFault(error), envelope);
    }
  }

  private problem(kind: RpcProblem['kind'], message: WireDelivery, error: Error): void {
    this.counters[kind] += 1;
    const user = rpcAddresses.userOf(message.to) ?? '';
    this.options.onProblem?.({ kind, user, method: methodOf(message), requestId: message.id, error });
  }

  private async end(timeoutMs: number): Promise<void> {
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.options.clock.after(timeoutMs, resolve);
    });
    const idle = new Promise<void>((resolve) => {
      if (this.running === 0) resolve();
      else this.idle.push(resolve);
    });
    await Promise.race([late, idle]);
    cancel();
    this.requests.close();
    this.replies.close();
    await this.keeper.close();
  }
}
