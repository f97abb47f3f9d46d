import { systemClock, type Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import type { Broker, BrokerEvent, BrokerState } from './broker';
import { BrokerError } from './broker-error';
import { Listeners } from './broker-listeners';
import type { Management } from './management';
import { askUntilReady } from './management-ready';
import { refuseOldVersion } from './obtain-home';
import { BrokerOperations } from './operations';

export interface AttachedBrokerOptions {
  /** To the broker's management acceptor; closed when the watch is ended. */
  readonly management: Management;
  readonly clock?: Clock;
}

/** A broker that somebody else runs: only watched. */
export class AttachedBroker implements Broker {
  readonly kind = 'attached';
  readonly operations: BrokerOperations;
  private readonly clock: Clock;
  private readonly listeners = new Listeners<BrokerEvent>();
  private readonly ended = new AbortController();
  private current: BrokerState = 'stopped';
  private since = 0;
  private unsubscribe: () => void = () => undefined;

  constructor(private readonly options: AttachedBrokerOptions) {
    this.operations = new BrokerOperations(options.management);
    this.clock = options.clock ?? systemClock;
  }

  get state(): BrokerState {
    return this.current;
  }

  subscribe(listener: (event: BrokerEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  /**
   * Waits for as long as it takes. Throws MANAGEMENT_NOT_ALLOWED when it refuses us, BROKER_TOO_OLD when it lacks what is
   * needed, or the signal's reason.
   */
  async start(signal?: AbortSignal): Promise<void> {
    const over = signal === undefined ? this.ended.signal : AbortSignal.any([signal, this.ended.signal]);
    over.throwIfAborted();
    if (this.current !== 'stopped') return;
    this.since = this.clock.now();
    this.current = 'starting';
    this.listeners.emit({ type: 'starting' });
    try {
      await this.untilReady(over);
    } catch (error) {
      this.current = 'stopped';
      throw error;
    }
    this.unsubscribe = this.options.management.subscribe((state, reason) => {
      if (state === 'connecting' && this.current === 'ready') this.lose(reason);
      if (state === 'connected' && this.current === 'lost') this.return();
    });
  }

  restart(): Promise<void> {
    return Promise.reject(
      new BrokerError('BROKER_NOT_OURS', 'This broker runs elsewhere: it cannot be restarted from here', {
        remedy: 'Restart it where it runs',
        decision: 'alarm',
      }),
    );
  }

  async stop(): Promise<void> {
    this.ended.abort(new BrokerError('BROKER_STOPPED', 'The broker is no longer watched'));
    this.unsubscribe();
    this.current = 'stopped';
    await this.options.management.close();
  }

  private async untilReady(signal: AbortSignal): Promise<void> {
    const version = await askUntilReady(this.options.management, this.clock, signal);
    refuseOldVersion(version, 'The broker');
    if (this.current === 'ready') return;
    this.current = 'ready';
    this.listeners.emit({ type: 'ready', version, afterMs: this.clock.now() - this.since });
  }

  /** One that was exchanged for an older one meanwhile is left alone, and told of. */
  private return(): void {
    void this.untilReady(this.ended.signal).catch((error: unknown) => {
      // Any other: the next connection asks again.
      if (error instanceof BrokerError && error.code === 'BROKER_TOO_OLD')
        this.listeners.emit({ type: 'failed', error });
    });
  }

  private lose(reason: Error | undefined): void {
    this.current = 'lost';
    this.since = this.clock.now();
    this.listeners.emit({ type: 'lost', reason: messageOf(reason ?? 'the connection was closed') });
  }
}
