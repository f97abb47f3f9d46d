import { causeOf } from '../broker/bridge/bridge-status';
import { delay } from '../lib/clock';
import { logTransition } from '../lib/log';
import { InboxKeeper } from './inbox-keeper';
import { PeerServers } from './peer-servers';
import { relayContext } from './peer-socket';
import { RelayError } from './relay-error';
import type { RelayDelivery } from './relay-inbox';
import type { Outgoing, RelayMessage } from './relay-message';
import {
  checkOptions,
  DEFAULT_RELAY_RETRY,
  DEFAULT_RELAY_TIMING,
  roomFor,
  type RelayTiming,
  type StompRelayOptions,
} from './relay-options';
import { RelayRetry } from './relay-retry';
import type { RelayPhase, RelayStatus } from './relay-status';
import { RelayWindow, type RelayEntry } from './relay-window';
import { sendHeaders, whyUnsendable } from './send-headers';
import { StompRefusal } from './stomp-refusal';
import type { StompSession } from './stomp-session';
import { Watchdog } from './watchdog';

const DEFAULT_WINDOW = 100;
/** A peer that refuses so many in a row without taking one may refuse all: from then on each refusal costs a wait. */
const REFUSED_IN_A_ROW = 10;

/**
 * Carries the messages of one queue to one peer's STOMP servers: in order, at least once, off the queue only when the
 * peer has confirmed them. What the peer refuses for good is set aside, and the others go on.
 */
export class StompRelay {
  private readonly window: number;
  private readonly timing: RelayTiming;
  private readonly messages = new RelayWindow();
  private readonly keeper: InboxKeeper;
  private readonly servers: PeerServers;
  private readonly retry: RelayRetry;
  private readonly abort = new AbortController();
  private readonly asides = new Set<Promise<void>>();
  private readonly counts = { sent: 0, confirmed: 0, doubledPossible: 0, setAside: 0 };

  private session: StompSession | undefined;
  private server: string | undefined;
  /** Messages in flight at most: after a loss one, then more with each receipt, so that an ERROR is seen and belongs to one. */
  private limit: number;
  private refusedInARow = 0;
  /** Accepted on this link, without those of which the broker must know: it gave out others in their places. */
  private acceptedLately = 0;
  private closing: number | undefined;
  private ended: (reason?: Error) => void = () => undefined;
  private receipts: Watchdog | undefined;
  private running: Promise<void> | undefined;
  private stopping = false;
  private finishing: Promise<void> | undefined;
  private inboxLost: { readonly reason: Error; readonly retryAt: number } | undefined;
  /** Grows with each link to the queue: what was handed out before cannot be settled any more. */
  private era = 0;
  private phase: RelayPhase = 'idle';
  private since: number;
  private retryAt: number | undefined;
  private cause: Error | undefined;
  private told: { phase: RelayPhase; reason: string | undefined } = { phase: 'idle', reason: undefined };

  /** Throws RelayError RELAY_SETTINGS, CertificateError: what is given cannot work. */
  constructor(private readonly options: StompRelayOptions) {
    checkOptions(options);
    const { peer, inbox, endpoint, tls, clock, random, retry = DEFAULT_RELAY_RETRY } = options;
    this.window = options.window ?? DEFAULT_WINDOW;
    this.limit = this.window;
    this.timing = { ...DEFAULT_RELAY_TIMING, ...options.timing };
    this.since = clock.now();
    this.retry = new RelayRetry(retry, random);
    const { connectMs } = this.timing;
    this.servers = new PeerServers({ peer, endpoint, context: relayContext(tls), connectMs, clock, random });
    this.keeper = new InboxKeeper({
      ...{ inbox, room: roomFor(this.window), retry, clock, random },
      onMessage: (delivery) => this.take(delivery),
      onOpen: () => this.linked(),
      onLost: (reason, retryAt) => this.unlinked(reason, retryAt),
    });
  }

  /** Begins; only once. As `stop` when the signal is aborted. */
  start(signal?: AbortSignal): void {
    if (this.running !== undefined || this.stopping) return;
    this.running = this.run(this.abort.signal);
    if (signal?.aborted === true) void this.stop();
    else signal?.addEventListener('abort', () => void this.stop(), { once: true });
  }

  /** Waits for the receipts of what was sent, for a limited time; what is not confirmed is in the queue afterwards. Never rejects. */
  stop(): Promise<void> {
    return (this.finishing ??= this.finish());
  }

  status(): RelayStatus {
    const { phase, since, server, retryAt, cause, messages, counts, retry } = this;
    return {
      peer: this.options.peer,
      phase,
      since,
      ...(server === undefined ? {} : { server }),
      waiting: messages.waiting,
      inFlight: messages.inFlight,
      ...counts,
      failures: retry.failures,
      ...(retryAt === undefined ? {} : { retryAt }),
      ...(cause === undefined ? {} : { cause: causeOf(cause) }),
    };
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    while (!signal.aborted) {
      const reason = await this.serve(signal);
      if (this.stopping) return;
      const ms = this.waitAfter(reason);
      if (ms > 0) await delay(clock, ms, signal).catch(() => undefined);
    }
  }

  /** From the attempt to connect until the connection has ended; answers why. */
  private async serve(signal: AbortSignal): Promise<Error> {
    const { clock } = this.options;
    if (this.phase !== 'waiting') this.enter('connecting');
    const end = new Promise<Error | undefined>((resolve) => (this.ended = resolve));
    try {
      const { session, where } = await this.servers.open(
        { onReceipt: (receipt) => this.receipt(receipt), onEnd: (reason) => this.ended(reason) },
        signal,
      );
      if (this.stopping) {
        session.close();
        return new Error('the relay stops');
      }
      this.connected(session, where);
    } catch (error) {
      return error as Error;
    }
    const connectedAt = clock.now();
    const reason = (await end) ?? new Error('the relay stops');
    this.disconnect();
    const { maxMs } = this.options.retry ?? DEFAULT_RELAY_RETRY;
    if (clock.now() - connectedAt >= maxMs) this.retry.reset();
    return reason;
  }

  private connected(session: StompSession, where: string): void {
    const { clock } = this.options;
    const { receiptMs: ms } = this.timing;
    this.session = session;
    this.server = where;
    this.receipts = new Watchdog({
      ...{ clock, ms },
      expects: () => this.messages.inFlight > 0,
      onSilence: () =>
        this.ended(
          new RelayError('RELAY_NO_RECEIPT', `${where} has confirmed nothing for ${ms / 1000} s`, {
            decision: 'retry',
          }),
        ),
    });
    this.keeper.start();
    this.enterUsable();
    this.pump();
  }

  private disconnect(): void {
    this.receipts?.stop();
    this.session?.close();
    this.session = undefined;
    this.server = undefined;
  }

  /** What follows from the end of a connection, or from none; answers how many milliseconds to wait. */
  private waitAfter(reason: Error): number {
    const { inFlight } = this.messages;
    const blaming = reason instanceof StompRefusal && reason.blamesMessage;
    const blamed = blaming ? this.messages.takeBlamed(reason.receipt) : undefined;
    this.messages.disconnected();
    this.limit = inFlight > 0 ? 1 : this.limit;
    if (blaming && blamed !== undefined) {
      this.refusedInARow += 1;
      if (!blamed.orphan) this.setAside(blamed.delivery, reason.words);
      if (this.refusedInARow <= REFUSED_IN_A_ROW) return 0;
    } else if (blaming && inFlight > 1) {
      // Nobody can tell which one; the next connection sends them one at a time.
      return 0;
    }
    const ms = this.retry.fail(reason);
    this.enter('waiting', reason, this.options.clock.now() + ms);
    return ms;
  }

  private take(delivery: RelayDelivery): void {
    const found = this.prepare(delivery.message);
    if ('refused' in found) this.setAside(delivery, found.refused);
    else {
      this.messages.add(delivery, found.message);
      this.pump();
    }
  }

  private prepare(message: RelayMessage): Outgoing {
    const { outgoing, endpoint } = this.options;
    const found = outgoing?.(message) ?? { message };
    if ('refused' in found) return found;
    const refused = whyUnsendable(found.message, endpoint);
    return refused === undefined ? found : { refused };
  }

  private pump(): void {
    const { messages, session, counts } = this;
    if (session === undefined || this.stopping) return;
    while (messages.inFlight < this.limit) {
      if (messages.inFlight === 0) this.receipts?.touch();
      const entry = messages.send();
      if (entry === undefined) return;
      const { message } = entry;
      counts.sent += 1;
      if (entry.sends > 1) counts.doubledPossible += 1;
      session.send(sendHeaders(message, this.options.endpoint.destination, entry.receipt), message.body);
    }
  }

  private receipt(text: string): void {
    const confirmed = /^\d{1,15}$/.test(text) ? this.messages.confirm(Number(text)) : undefined;
    if (confirmed === undefined) {
      const what = JSON.stringify(text.slice(0, 50));
      this.ended(new RelayError('RELAY_PROTOCOL', `${this.server ?? ''} confirms ${what}, which was never sent`));
      return;
    }
    if (confirmed.length > 0) this.settle(confirmed);
    if (this.closing !== undefined && Number(text) === this.closing) this.ended();
    this.pump();
  }

  private settle(confirmed: readonly RelayEntry[]): void {
    const own = confirmed.filter(({ orphan }) => !orphan);
    for (const { delivery } of own) delivery.accept();
    this.counts.confirmed += confirmed.length;
    this.acceptedLately = Math.min(roomFor(this.window), this.acceptedLately + own.length);
    this.keeper.settled(own.length);
    this.receipts?.touch();
    this.limit = Math.min(this.window, this.limit * 2);
    this.refusedInARow = 0;
    this.retry.reset();
  }

  private linked(): void {
    this.inboxLost = undefined;
    if (this.session !== undefined) this.enterUsable();
  }

  private unlinked(reason: Error, retryAt: number): void {
    this.era += 1;
    this.inboxLost = { reason, retryAt };
    this.counts.doubledPossible += this.messages.unlinked() + this.acceptedLately;
    this.acceptedLately = 0;
    if (this.session !== undefined) this.enterUsable();
  }

  /** The peer can be reached; whether the queue can, too, is another matter. */
  private enterUsable(): void {
    if (this.inboxLost === undefined) this.enter('connected');
    else this.enter('waiting', this.inboxLost.reason, this.inboxLost.retryAt);
  }

  private setAside(delivery: RelayDelivery, reason: string): void {
    const { log, peer } = this.options;
    const { message } = delivery;
    this.counts.setAside += 1;
    log.warn('a message is set aside', { peer, id: message.id, type: message.type, reason });
    const aside = this.store(delivery, reason, this.era).finally(() => this.asides.delete(aside));
    this.asides.add(aside);
  }

  private async store(delivery: RelayDelivery, reason: string, era: number): Promise<void> {
    const { setAside, log, peer } = this.options;
    try {
      if (setAside === undefined) delivery.reject(reason);
      else {
        await setAside(delivery.message, reason);
        delivery.accept();
      }
    } catch (error) {
      log.warn('a message could not be set aside, and goes to the dead letters', { peer, error });
      delivery.reject(reason);
    }
    if (era === this.era) this.keeper.settled(1);
  }

  private async finish(): Promise<void> {
    const { clock } = this.options;
    const cancel = clock.after(this.timing.stopMs, () => {
      this.ended();
      this.abort.abort(new Error('the relay stops'));
    });
    if (this.running !== undefined) this.enter('stopping');
    this.stopping = true;
    if (this.session === undefined) this.abort.abort(new Error('the relay stops'));
    else {
      this.closing = this.messages.closingReceipt();
      this.session.disconnect(this.closing);
    }
    await this.running;
    await Promise.all(this.asides);
    await this.keeper.stop();
    cancel();
    this.messages.unlinked();
    this.enter('idle');
  }

  private enter(phase: RelayPhase, cause?: Error, retryAt?: number): void {
    if (this.stopping && phase !== 'idle') return;
    if (phase !== this.phase) this.since = this.options.clock.now();
    this.phase = phase;
    this.cause = cause;
    this.retryAt = retryAt;
    this.tell();
  }

  /** One line a transition, none for the attempts on the way or for one more failure of the same cause. */
  private tell(): void {
    const { phase, told } = this;
    const reason = this.cause?.message;
    if (phase === 'connecting' || (phase === told.phase && reason === told.reason)) return;
    const subject = `relay to ${this.options.peer}`;
    const level = phase === 'waiting' ? 'warn' : 'info';
    logTransition(
      this.options.log,
      { subject, from: told.phase, to: phase, ...(reason === undefined ? {} : { reason }) },
      level,
    );
    this.told = { phase, reason };
  }
}
