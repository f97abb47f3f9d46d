import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostAndPort } from '../network/identity';
import { Backoff, type BackoffOptions } from '../lib/backoff';
import { delay, systemClock, type Clock } from '../lib/clock';
import type { Broker, BrokerEvent, BrokerState } from './broker';
import { BrokerError } from './broker-error';
import type { BrokerLogRecord } from './broker-log';
import { Listeners } from './broker-listeners';
import type { Management } from './management';
import { BrokerOperations } from './operations';
import { BrokerChild } from './process-child';
import { dataFolder, launchCommand, type LaunchSettings } from './process-command';
import { endLeftover, removePidFile, writePidFile } from './process-leftover';
import { assertPortsFree } from './process-ports';
import { StartWatch } from './process-start';

export interface BrokerProcessOptions {
  readonly launch: LaunchSettings;
  /** To this broker's management acceptor; closed when the broker is stopped. */
  readonly management: Management;
  /** Every address that its acceptors listen on: they must be free. */
  readonly listens: readonly HostAndPort[];
  readonly onLog: (record: BrokerLogRecord) => void;
  /** It may wait for another broker to let go of the journal, for as long as that takes (high availability). */
  readonly standby?: boolean;
  /** Between attempts after it died; 1 s to 60 s unless given. */
  readonly backoff?: BackoffOptions;
  /** How long it must have been ready for the back-off to begin anew, milliseconds; 60,000 unless given. */
  readonly stableTime?: number;
  /** From the start of the process to the first answer of management, milliseconds; 120,000 unless given. */
  readonly readyTimeout?: number;
  /** How long it may take to stop in order before it is killed, milliseconds; 30,000 unless given. */
  readonly stopTimeout?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
}

const STABLE_TIME = 60_000;
const READY_TIMEOUT = 120_000;
const STOP_TIMEOUT = 30_000;

/**
 * A stock broker as a child process, from an instance folder that is complete but for data/ and tmp/. When it ends
 * without having been told to, it is started again. Once stopped it stays so: make a new one.
 */
export class BrokerProcess implements Broker {
  readonly kind = 'embedded';
  readonly operations: BrokerOperations;
  private readonly clock: Clock;
  private readonly backoff: Backoff;
  private readonly listeners = new Listeners<BrokerEvent>();
  private readonly ended = new AbortController();
  private restarts: { resolve: () => void; reject: (error: Error) => void }[] = [];
  private child: BrokerChild | undefined;
  /** Resolves when the child has ended and all have been told. */
  private gone: Promise<void> = Promise.resolve();
  private readyAt = 0;
  private starting: Promise<void> | undefined;
  private watching: Promise<void> = Promise.resolve();
  private current: BrokerState = 'stopped';

  constructor(private readonly options: BrokerProcessOptions) {
    this.operations = new BrokerOperations(options.management);
    this.clock = options.clock ?? systemClock;
    this.backoff = new Backoff(options.backoff ?? { min: 1_000, max: 60_000 });
  }

  get state(): BrokerState {
    return this.current;
  }

  /** The process number while it runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  subscribe(listener: (event: BrokerEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  start(signal?: AbortSignal): Promise<void> {
    this.starting ??= this.begin(signal);
    return this.starting;
  }

  async restart(): Promise<void> {
    await this.starting;
    if (this.ended.signal.aborted || this.child === undefined) throw stopped();
    const ready = new Promise<void>((resolve, reject) => this.restarts.push({ resolve, reject }));
    await Promise.all([ready, this.child.stop(this.stopTimeout)]);
  }

  async stop(): Promise<void> {
    this.ended.abort(stopped());
    await this.options.management.close();
    await this.starting?.catch(() => undefined);
    await this.child?.stop(this.stopTimeout);
    await this.gone;
    await this.watching;
    this.settleRestarts(stopped());
    this.current = 'stopped';
  }

  private get stopTimeout(): number {
    return this.options.stopTimeout ?? STOP_TIMEOUT;
  }

  private async begin(signal?: AbortSignal): Promise<void> {
    const signals = signal === undefined ? [this.ended.signal] : [this.ended.signal, signal];
    try {
      await this.launch(AbortSignal.any(signals));
    } catch (error) {
      this.current = 'stopped';
      this.ended.abort(stopped());
      await this.options.management.close();
      throw error;
    }
    this.watching = this.watch();
  }

  private async launch(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { launch, management, listens, onLog } = this.options;
    const since = this.clock.now();
    this.current = 'starting';
    this.listeners.emit({ type: 'starting' });
    await endLeftover(launch.instance, this.clock, this.stopTimeout);
    await assertPortsFree(listens);
    await mkdir(dataFolder(launch), { recursive: true });
    await mkdir(join(launch.instance, 'tmp'), { recursive: true });
    const start = new StartWatch({
      management,
      clock: this.clock,
      timeout: this.options.readyTimeout ?? READY_TIMEOUT,
      standby: this.options.standby ?? false,
      instance: launch.instance,
    });
    const child = new BrokerChild(launchCommand(launch, this.options.env ?? process.env), this.clock, (record) => {
      start.onLog(record);
      onLog(record);
    });
    this.child = child;
    const written = child.pid === undefined ? undefined : writePidFile(launch.instance, child.pid);
    this.gone = child.exited.then(async ({ code, signal: by }) => {
      await written?.catch(() => undefined);
      await removePidFile(launch.instance);
      this.listeners.emit({ type: 'exited', code, signal: by, expected: child.stopping });
    });
    try {
      await written;
      const version = await start.ready(child.exited, signal);
      this.readyAt = this.clock.now();
      this.current = 'ready';
      this.listeners.emit({ type: 'ready', version, afterMs: this.readyAt - since });
    } catch (error) {
      await child.stop(this.stopTimeout);
      await this.gone;
      throw error;
    }
  }

  /** Until the end: waits for the process to end, and starts it again. */
  private async watch(): Promise<void> {
    const { signal } = this.ended;
    for (;;) {
      const { child } = this;
      await this.gone;
      if (signal.aborted) return;
      this.current = 'waiting';
      if (this.clock.now() - this.readyAt >= (this.options.stableTime ?? STABLE_TIME)) this.backoff.reset();
      try {
        if (child?.stopping !== true) await this.pause(signal);
        await this.relaunch(signal);
      } catch {
        return;
      }
    }
  }

  /** Resolves when the broker is ready; throws only when it has been stopped. */
  private async relaunch(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.launch(signal);
        this.settleRestarts();
        return;
      } catch (error) {
        signal.throwIfAborted();
        this.current = 'waiting';
        this.settleRestarts(error as Error);
        this.listeners.emit({ type: 'failed', error: error as Error });
      }
      await this.pause(signal);
    }
  }

  private async pause(signal: AbortSignal): Promise<void> {
    const inMs = this.backoff.next();
    this.listeners.emit({ type: 'restarting', inMs });
    await delay(this.clock, inMs, signal);
  }

  private settleRestarts(error?: Error): void {
    for (const { resolve, reject } of this.restarts.splice(0)) {
      if (error === undefined) resolve();
      else reject(error);
    }
  }
}

function stopped(): BrokerError {
  return new BrokerError('BROKER_STOPPED', 'The broker has been stopped');
}
