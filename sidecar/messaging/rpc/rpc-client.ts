import type { BackoffOptions } from '../../lib/backoff';
import type { Clock } from '../../lib/clock';
import { rpcAddresses } from '../../plan/address-profile';
import { RECONNECT, SEND_WINDOW } from '../client/client-options';
import { encode } from '../client/encode';
import { aborted, closed, refusedToRead } from '../client/errors';
import { ConnectionKeeper } from '../client/keeper';
import { Outbox } from '../client/outbox';
import { Requests } from '../client/requests';
import { MessagingError } from '../messaging-error';
import type { MessagingState } from '../messaging-state';
import type { Opening, ReceiverLink, WireDelivery } from '../transport';
import { ReceiverKeeper } from './receiver-keeper';
import { FAULT_HEADER, RpcFault } from './rpc-fault';
import type { RpcAnswer, RpcEnd, RpcReply } from './rpc-message';
import { headersOf } from './rpc-request';
import type { RpcConnection } from './rpc-transport';

export interface CallOptions extends Pick<RpcAnswer, 'contentType' | 'contentEncoding' | 'headers'> {
  /** Milliseconds until REQUEST_TIMEOUT; the request lives no longer. 30,000 unless given. */
  readonly timeoutMs?: number;
  /** Ends the waiting. A request that is under way may be done nevertheless. */
  readonly signal?: AbortSignal;
}

export interface RpcClientOptions {
  readonly user: string;
  readonly open: Opening<RpcConnection>;
  readonly clock: Clock;
  /** Nobody can guess it; letters, digits, _ and - alone. */
  readonly newId: () => string;
  /** Bytes that a request's body may have at most. */
  readonly maxMessageSize: number;
  readonly reconnect?: Partial<BackoffOptions>;
}

const CALL_MS = 30_000;
const CLOSE_MS = 10_000;
/** Replies that the broker may have on the way to here. */
const REPLY_WINDOW = 100;

/** From when its reply queue is open until that or the connection is lost. */
interface Session {
  readonly outbox: Outbox;
  readonly replyTo: string;
  /** Ids of calls that were handed to this session and are not answered. */
  readonly calls: Set<string>;
}

/**
 * Asks the RPC server of a node in the name of one user. A lost connection is made again for as long as it takes. A call that
 * was on its way then fails with CONNECTION_LOST and is not repeated: its reply queue is gone with the connection, and
 * whether it was done is not known. One that waited for a connection goes out with the next.
 */
export class RpcClient implements RpcEnd {
  private readonly keeper: ConnectionKeeper<RpcConnection>;
  private readonly replies: ReceiverKeeper<RpcConnection>;
  private readonly requests: Requests<RpcReply>;
  /** Calls that wait for a session. */
  private readonly waiting = new Map<string, (session: Session) => void>();
  private replyTo: string;
  private session: Session | undefined;
  private link: ReceiverLink | undefined;
  private closing: Promise<void> | undefined;

  private constructor(private readonly options: RpcClientOptions) {
    const { clock, reconnect } = options;
    this.requests = new Requests(clock);
    this.replyTo = this.newReplyQueue();
    this.replies = new ReceiverKeeper<RpcConnection>({
      open: (connection, events) => {
        this.replyTo = this.newReplyQueue();
        return connection.openReplies(this.replyTo, events);
      },
      onOpen: (connection, link) => this.begin(connection, link),
      onMessage: (message, settle) => {
        settle('accepted');
        this.link?.addCredit(1);
        this.onReply(message);
      },
      onEnd: (reason) => this.lose(reason),
      clock,
      random: reconnect?.random,
    });
    this.keeper = new ConnectionKeeper<RpcConnection>(
      options.open,
      clock,
      {
        onConnected: (connection) => this.replies.connected(connection),
        onDisconnected: () => this.replies.disconnected(new Error('the connection is lost')),
      },
      { ...RECONNECT, ...reconnect },
    );
  }

  /**
   * Resolves when it is connected and has its reply queue.
   * @throws MessagingError RECEIVE_REFUSED, and what `open` throws
   */
  static async open(options: RpcClientOptions): Promise<RpcClient> {
    const client = new RpcClient(options);
    const open = client.replies.whenOpen();
    await client.keeper.start();
    try {
      await open;
      return client;
    } catch (error) {
      await client.close();
      throw refusedToRead(`the RPC user ${options.user}`, error);
    }
  }

  get state(): MessagingState {
    return this.keeper.state;
  }

  onState(listener: (state: MessagingState) => void): () => void {
    return this.keeper.onState(listener);
  }

  /**
   * Resolves with the server's answer.
   * @throws RpcFault with the server's own code, MessagingError MESSAGE_INVALID, MESSAGE_TOO_LARGE, SEND_REFUSED,
   * REQUEST_TIMEOUT, CONNECTION_LOST, ABORTED or CLOSED
   */
  async call(method: string, body: Uint8Array | string, options: CallOptions = {}): Promise<RpcReply> {
    const { signal, timeoutMs = CALL_MS, ...rest } = options;
    if (this.closing !== undefined) throw closed();
    if (signal?.aborted === true) throw aborted(signal);
    const { clock, newId, maxMessageSize } = this.options;
    const id = newId();
    const beganAt = clock.now();
    const envelope = { id, duplicateId: id, createdAt: beganAt, ttl: timeoutMs };
    const wire = encode({ ...rest, body, topic: method }, envelope, maxMessageSize);
    const reply = this.requests.expect(id, `the RPC server to ${method}`, timeoutMs, signal);
    const given = new AbortController();
    const send = (session: Session): void => {
      const ttl = Math.max(1, timeoutMs - (clock.now() - beganAt));
      session.calls.add(id);
      session.outbox.put({ ...wire, ttl, replyTo: session.replyTo }, given.signal).catch((error: unknown) => {
        this.requests.fail(id, error as Error);
      });
    };
    if (this.session === undefined) this.waiting.set(id, send);
    else send(this.session);
    try {
      return await reply;
    } catch (error) {
      // A request that nobody waits for any more need not go out.
      given.abort(error);
      throw this.explained(error, this.waiting.has(id));
    } finally {
      this.waiting.delete(id);
      this.session?.calls.delete(id);
    }
  }

  close({ timeoutMs = CLOSE_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.closing ??= this.end(timeoutMs);
    return this.closing;
  }

  /** Another one for each connection: the broker may not have noticed yet that the last is lost. */
  private newReplyQueue(): string {
    return rpcAddresses.reply(this.options.user, this.options.newId());
  }

  private begin(connection: RpcConnection, link: ReceiverLink): void {
    const { user, clock, reconnect } = this.options;
    const address = rpcAddresses.ingress(user);
    const outbox = new Outbox({ address, window: SEND_WINDOW, clock, random: reconnect?.random });
    outbox.connected(connection);
    this.link = link;
    link.addCredit(REPLY_WINDOW);
    const session: Session = { outbox, replyTo: this.replyTo, calls: new Set() };
    this.session = session;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const send of waiting) send(session);
  }

  private lose(cause: Error): void {
    const { session } = this;
    this.session = undefined;
    this.link = undefined;
    if (session === undefined) return;
    const lost = new MessagingError('CONNECTION_LOST', 'the connection was lost before the reply came', {
      remedy: 'whether the call was done is not known: repeat it if it may be done twice',
      decision: 'retry',
      cause,
    });
    session.outbox.fail(lost);
    session.outbox.closeLink();
    for (const id of [...session.calls]) this.requests.fail(id, lost);
  }

  private onReply(message: WireDelivery): void {
    const { correlationId, body, contentType, contentEncoding } = message;
    const fault = message.properties[FAULT_HEADER];
    if (fault === undefined) {
      this.requests.onReply({ correlationId, body, contentType, contentEncoding, headers: headersOf(message) });
    } else if (correlationId !== undefined) {
      this.requests.fail(correlationId, new RpcFault(String(fault), body.toString()));
    }
  }

  /** Who waited for a connection in vain is told why there was none. */
  private explained(error: unknown, waited: boolean): unknown {
    const { state } = this;
    if (!waited || state.phase !== 'reconnecting') return error;
    if (!(error instanceof MessagingError) || error.code !== 'REQUEST_TIMEOUT') return error;
    const { remedy, message } = error;
    return new MessagingError('REQUEST_TIMEOUT', `${message}: there is no connection: ${state.reason}`, {
      ...(remedy === undefined ? {} : { remedy }),
      decision: 'retry',
    });
  }

  private async end(timeoutMs: number): Promise<void> {
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.options.clock.after(timeoutMs, resolve);
    });
    await Promise.race([late, this.requests.whenEmpty()]);
    cancel();
    this.requests.failAll(closed());
    this.session?.outbox.fail(closed());
    this.replies.close();
    await this.keeper.close();
  }
}
