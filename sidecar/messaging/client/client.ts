import { AddressBookError } from '../address-book-error';
import { DEAD_LETTER_ADDRESS } from '../dead-letter';
import type { Recipient } from '../directory';
import { HEADER } from '../headers';
import { sendStream, type StreamSending } from '../large/send-stream';
import type { ReceiveStreamsOptions, SentStream, StreamHandler, StreamOptions } from '../large/stream';
import { StreamReader } from '../large/stream-reader';
import type { InboxWish, StreamReading } from '../large/stream-session';
import type { Message, SendOptions, Sent } from '../message';
import type { CloseOptions, Messaging, RequestOptions } from '../messaging';
import { MessagingError } from '../messaging-error';
import type { MessagingState } from '../messaging-state';
import type { Party } from '../party';
import type { Content, Handler, ReceiveOptions, Receiving } from '../received-message';
import { RECONNECT, SEND_WINDOW, type ClientOptions } from './client-options';
import { addressFor, duplicateIdOf, encode, type Envelope } from './encode';
import { aborted, closed } from './errors';
import { Inbox } from './inbox';
import type { Incoming, IncomingContext } from './incoming';
import { ConnectionKeeper } from './keeper';
import { onAbort } from './on-abort';
import { Outbox } from './outbox';
import { checkedOptions } from './receive-options';
import { Requests } from './requests';

const REQUEST_MS = 30_000;
/** Life of a reply to a request that says nothing of its own. */
const REPLY_LIFE_MS = 60_000;
const CLOSE_MS = 10_000;
const REPLY_WINDOW = 100;
/** More links to recipients than these are not kept open for those to whom nothing is under way. */
const MOST_LINKS = 200;

/** The library, over any transport. */
export class MessagingClient implements Messaging, IncomingContext {
  readonly me: Party;
  private readonly instance: string;
  private readonly keeper: ConnectionKeeper;
  private readonly outboxes = new Map<string, Outbox>();
  private readonly inboxes = new Set<Inbox>();
  private readonly streams = new Set<StreamReader>();
  private readonly requests: Requests;
  /** Reads the replies to this application; there from the first request on. */
  private replies: { readonly inbox: Inbox; readonly open: Promise<void> } | undefined;
  private readonly lookups = new Map<string, Promise<Recipient>>();
  /** Calls of `send` that have not ended, and who waits for their end. */
  private sends = 0;
  private readonly sent: (() => void)[] = [];
  private closing: Promise<void> | undefined;
  /** Aborted when nothing can be sent any more. */
  private readonly over = new AbortController();

  private constructor(private readonly options: ClientOptions) {
    this.me = options.directory.own[0];
    this.instance = options.newId();
    this.requests = new Requests(options.clock);
    this.keeper = new ConnectionKeeper(
      options.open,
      options.clock,
      {
        onConnected: (connection) => {
          for (const box of [...this.outboxes.values(), ...this.inboxes]) box.connected(connection);
        },
        onDisconnected: () => {
          for (const box of [...this.outboxes.values(), ...this.inboxes]) box.disconnected();
        },
      },
      { ...RECONNECT, ...options.reconnect },
    );
  }

  /** Resolves when it is connected; throws what `open` throws. */
  static async open(options: ClientOptions): Promise<MessagingClient> {
    const client = new MessagingClient(options);
    await client.keeper.start();
    return client;
  }

  get state(): MessagingState {
    return this.keeper.state;
  }

  onState(listener: (state: MessagingState) => void): () => void {
    return this.keeper.onState(listener);
  }

  send(to: string, message: Message, options: SendOptions = {}): Promise<Sent> {
    return this.sending(() => {
      const found = this.find(to);
      if (!(found instanceof Promise)) return this.sendTo(found, message, options);
      return found.then((recipient) => this.sendTo(recipient, message, options));
    });
  }

  sendStream(to: string, source: AsyncIterable<Uint8Array>, options: StreamOptions = {}): Promise<SentStream> {
    const sending: StreamSending = {
      find: (text) => this.find(text),
      post: (recipient, message, envelope, given) =>
        this.post(recipient, message, { ...envelope, createdAt: this.now() }, given),
      newId: () => this.newId(),
      maxMessageSize: this.options.maxMessageSize,
      over: this.over.signal,
    };
    return this.sending(() => sendStream(sending, to, source, options));
  }

  async request(to: string, message: Message, options: RequestOptions = {}): Promise<Content> {
    const { signal, timeoutMs = REQUEST_MS } = options;
    this.checkOpen(signal);
    const recipient = await this.find(to);
    this.checkOpen(signal);
    const id = this.newId();
    const marks = { [HEADER.replyTo]: this.instance };
    const envelope = { id, duplicateId: duplicateIdOf(message, id), ttl: timeoutMs, marks };
    const wire = encode(message, { ...envelope, createdAt: this.now() }, this.options.maxMessageSize());
    const reply = this.requests.expect(id, recipient.name, timeoutMs, signal);
    // A request that nobody waits for any more need not go out.
    const given = new AbortController();
    reply.then(
      () => undefined,
      (error: unknown) => given.abort(error),
    );
    this.readReplies()
      .then(() => this.outbox(addressFor(message, recipient)).put(wire, given.signal))
      .catch((error: unknown) => this.requests.fail(id, error as Error));
    return reply;
  }

  async receive(handler: Handler, options: ReceiveOptions = {}): Promise<Receiving> {
    const { topic, window, concurrency, as, from, signal } = checkedOptions(options);
    this.checkOpen(signal);
    const recipients = as === undefined ? this.options.directory.own : [this.findOwn(as)];
    const sender = from === undefined ? undefined : (await this.find(from)).id;
    const selection = { topic, from: sender, replyFor: undefined };
    const { inbox, open } = this.read({ recipients, selection, window, concurrency, handler });
    const stop = async (): Promise<void> => {
      stopListening();
      await inbox.stop();
      this.inboxes.delete(inbox);
    };
    const stopListening = onAbort(signal, () => void stop());
    try {
      await open;
      this.checkOpen(signal);
    } catch (error) {
      await stop();
      throw error;
    }
    return { stop };
  }

  async receiveStreams(handler: StreamHandler, wish: ReceiveStreamsOptions): Promise<Receiving> {
    const { as, from, signal } = wish;
    this.checkOpen(signal);
    const reading: StreamReading = {
      read: (inbox) => this.read(inbox),
      drop: async (inbox) => {
        await inbox.stop();
        this.inboxes.delete(inbox);
      },
    };
    const recipients = as === undefined ? this.options.directory.own : [this.findOwn(as)];
    const sender = from === undefined ? undefined : (await this.find(from)).id;
    const { clock } = this.options;
    const reader = await StreamReader.open({ reading, recipients, from: sender, handler, wish, clock });
    this.streams.add(reader);
    const stop = async (): Promise<void> => {
      stopListening();
      await reader.stop();
      this.streams.delete(reader);
    };
    const stopListening = onAbort(signal, () => void stop());
    try {
      this.checkOpen(signal);
    } catch (error) {
      await stop();
      throw error;
    }
    return { stop };
  }

  close({ timeoutMs = CLOSE_MS }: CloseOptions = {}): Promise<void> {
    this.closing ??= this.end(timeoutMs);
    return this.closing;
  }

  async reply(to: Incoming, message: Message, count: number, options: SendOptions = {}): Promise<Sent> {
    const recipient = await this.find(to.sender.id);
    const asked = to.duplicateId ?? to.id;
    const id = this.newId();
    const made = asked === undefined ? id : `reply ${count} to ${asked}`;
    const envelope = {
      id,
      duplicateId: duplicateIdOf(message, made),
      createdAt: this.now(),
      correlationId: to.id,
      ...(to.replyTo === undefined
        ? {}
        : { ttl: to.timeToLiveMs ?? REPLY_LIFE_MS, marks: { [HEADER.replyFor]: to.replyTo } }),
    };
    return this.post(recipient, message, envelope, options);
  }

  async bury(copy: Parameters<Outbox['put']>[0]): Promise<void> {
    await this.outbox(DEAD_LETTER_ADDRESS).put(copy);
  }

  now(): number {
    return this.options.clock.now();
  }

  newId(): string {
    return this.options.newId();
  }

  /** Counts it as under way; handlers that end after `close` may still send. */
  private sending<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.closing !== undefined && ![...this.inboxes].some(({ isRunning }) => isRunning))
      return Promise.reject(closed());
    this.sends += 1;
    const sent = new Promise<Result>((resolve) => resolve(work()));
    sent.then(this.ended, this.ended);
    return sent;
  }

  private readonly ended = (): void => {
    this.sends -= 1;
    if (this.sends === 0) for (const tell of this.sent.splice(0)) tell();
  };

  private sendTo(recipient: Recipient, message: Message, options: SendOptions): Promise<Sent> {
    const id = this.newId();
    const envelope = { id, duplicateId: duplicateIdOf(message, id), createdAt: this.now() };
    return this.post(recipient, message, envelope, options);
  }

  private post(recipient: Recipient, message: Message, envelope: Envelope, { signal }: SendOptions): Promise<Sent> {
    return new Promise((resolve, reject) => {
      const wire = encode(message, envelope, this.options.maxMessageSize());
      const { id, name } = recipient;
      this.outbox(addressFor(message, recipient)).offer(wire, signal, (error) => {
        if (error === undefined) resolve({ id: envelope.id, duplicateId: envelope.duplicateId, to: { id, name } });
        else reject(error);
      });
    });
  }

  private outbox(address: string): Outbox {
    if (this.state.phase === 'closed') throw closed();
    const known = this.outboxes.get(address);
    if (known !== undefined) return known;
    this.dropIdleLinks();
    const { clock, sendWindow, reconnect } = this.options;
    const window = { ...SEND_WINDOW, ...sendWindow };
    const outbox = new Outbox({ address, window, clock, random: reconnect?.random });
    this.outboxes.set(address, outbox);
    if (this.keeper.current !== undefined) outbox.connected(this.keeper.current);
    return outbox;
  }

  private dropIdleLinks(): void {
    if (this.outboxes.size < MOST_LINKS) return;
    for (const [address, outbox] of this.outboxes) {
      if (!outbox.isEmpty) continue;
      outbox.closeLink();
      this.outboxes.delete(address);
      return;
    }
  }

  private read(wish: InboxWish): { inbox: Inbox; open: Promise<void> } {
    const { directory, clock, reconnect } = this.options;
    const inbox = new Inbox({ ...wish, directory, clock, context: this, random: reconnect?.random });
    const open = inbox.whenOpen();
    this.inboxes.add(inbox);
    if (this.keeper.current !== undefined) inbox.connected(this.keeper.current);
    return { inbox, open };
  }

  private readReplies(): Promise<void> {
    this.replies ??= this.read({
      recipients: [this.me],
      selection: { topic: undefined, replyFor: this.instance },
      window: REPLY_WINDOW,
      concurrency: 1,
      handler: (reply) => this.requests.onReply(reply),
    });
    return this.replies.open;
  }

  /** Whoever asks for the same one meanwhile waits with the first, so that their messages keep their order. */
  private find(to: string): Recipient | Promise<Recipient> {
    const underWay = this.lookups.get(to);
    if (underWay !== undefined) return underWay;
    try {
      const found = this.options.directory.find(to);
      if (!(found instanceof Promise)) return found;
      const lookup = found.catch(unknown);
      const ended = (): void => void this.lookups.delete(to);
      lookup.then(ended, ended);
      this.lookups.set(to, lookup);
      return lookup;
    } catch (error) {
      return unknown(error);
    }
  }

  private findOwn(text: string): Party {
    try {
      return this.options.directory.findOwn(text);
    } catch (error) {
      return unknown(error);
    }
  }

  private checkOpen(signal: AbortSignal | undefined): void {
    if (this.closing !== undefined) throw closed();
    if (signal?.aborted === true) throw aborted(signal);
  }

  private async end(timeoutMs: number): Promise<void> {
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.options.clock.after(timeoutMs, resolve);
    });
    await Promise.race([late, this.finish()]);
    cancel();
    const disconnected = this.keeper.close();
    this.over.abort(closed());
    for (const outbox of this.outboxes.values()) outbox.fail(closed());
    this.requests.failAll(closed());
    await disconnected;
  }

  /** Replies are read to the end, since handlers may wait for some. */
  private async finish(): Promise<void> {
    const { replies } = this;
    const inboxes = [...this.inboxes].filter((inbox) => inbox !== replies?.inbox);
    await Promise.all([...this.streams, ...inboxes].map((each) => each.stop()));
    await this.requests.whenEmpty();
    if (this.sends > 0) await new Promise<void>((resolve) => this.sent.push(resolve));
    await Promise.all([...this.outboxes.values()].map((outbox) => outbox.whenEmpty()));
    await replies?.inbox.stop();
  }
}

function unknown(error: unknown): never {
  if (!(error instanceof AddressBookError)) throw error as Error;
  const { remedy, message } = error;
  throw new MessagingError('RECIPIENT_UNKNOWN', message, { remedy, cause: error });
}
