import type { Clock } from '../lib/clock';
import { BrokerError } from './broker-error';
import type { BrokerLogRecord } from './broker-log';
import type { Management } from './management';
import { askUntilReady } from './management-ready';
import type { ChildExit } from './process-child';

export interface StartWatchOptions {
  readonly management: Management;
  readonly clock: Clock;
  /** Milliseconds to the first answer of management. */
  readonly timeout: number;
  /** Waiting for the journal's lock is no failure, and neither is a wait beyond `timeout`. */
  readonly standby: boolean;
  readonly instance: string;
}

/** Said before the broker waits for the journal's lock, and when it has it. */
const WAITS_FOR_LOCK = 'AMQ221034';
const HAS_LOCK = 'AMQ221035';
/** Said when it listens. */
const ACTIVE = new Set(['AMQ221007', 'AMQ221001']);
const LOCK_TIMEOUT = 10_000;
/** How many of its last complaints explain a failed start. */
const COMPLAINTS = 5;
/** The JVM's own exit code for that (-XX:+ExitOnOutOfMemoryError). */
const OUT_OF_MEMORY = 3;

/** Follows a broker's start to the moment when it answers, or to the reason why it does not. */
export class StartWatch {
  private readonly complaints: BrokerLogRecord[] = [];
  private readonly failed = new AbortController();
  private cancelLock: () => void = () => undefined;

  constructor(private readonly options: StartWatchOptions) {}

  onLog(record: BrokerLogRecord): void {
    const { clock, management, standby } = this.options;
    if (record.code === WAITS_FOR_LOCK && !standby) {
      this.cancelLock = clock.after(LOCK_TIMEOUT, () => this.failed.abort(this.locked()));
    }
    if (record.code === HAS_LOCK) this.cancelLock();
    if (record.code !== undefined && ACTIVE.has(record.code)) management.hurry();
    if (['FATAL', 'ERROR', 'WARN'].includes(record.level)) {
      this.complaints.push(record);
      if (this.complaints.length > COMPLAINTS) this.complaints.shift();
    }
  }

  /**
   * The broker's version, once management answers. Throws BROKER_START_FAILED with the broker's last complaints when it
   * ends before, BROKER_INSTANCE_LOCKED, BROKER_NOT_READY, ManagementError when it refuses us, or the signal's reason.
   */
  async ready(exited: Promise<ChildExit>, signal: AbortSignal): Promise<string> {
    const { clock, management, timeout, standby } = this.options;
    void exited.then((exit) => this.failed.abort(this.startFailed(exit)));
    const cancelTimeout = standby ? () => undefined : clock.after(timeout, () => this.failed.abort(this.notReady()));
    const over = AbortSignal.any([signal, this.failed.signal]);
    try {
      return await askUntilReady(management, clock, over);
    } finally {
      cancelTimeout();
      this.cancelLock();
      // Ends the asking when something else has decided.
      this.failed.abort(this.notReady());
    }
  }

  private startFailed({ code, signal }: ChildExit): BrokerError {
    if (code === OUT_OF_MEMORY) {
      return new BrokerError('BROKER_OUT_OF_MEMORY', 'The broker needs more heap than it has, and ended', {
        remedy: 'Give it more with broker.memory; 2G are enough for 10,000 peers',
      });
    }
    const how = signal === null ? `with code ${code ?? 'unknown'}` : `by ${signal}`;
    return new BrokerError('BROKER_START_FAILED', `The broker ended ${how} before it was ready${this.said()}`, {
      remedy: "Look into the broker's log and at the configuration in its etc folder",
    });
  }

  private notReady(): BrokerError {
    const { timeout } = this.options;
    return new BrokerError('BROKER_NOT_READY', `The broker did not answer within ${timeout} ms${this.said()}`, {
      remedy: "Look into the broker's log; a large journal may need more time",
      decision: 'retry',
    });
  }

  private locked(): BrokerError {
    return new BrokerError(
      'BROKER_INSTANCE_LOCKED',
      `Another broker holds the journal of ${this.options.instance} and does not let go`,
      { remedy: 'Stop the other broker, or give this one a data folder of its own', decision: 'alarm' },
    );
  }

  private said(): string {
    const words = this.complaints.map(({ code, message, trace }) =>
      [code, message, trace?.split('\n', 1)[0]].filter((part) => part !== undefined).join(': '),
    );
    return words.length === 0 ? '' : `; it said: ${words.join(' | ')}`;
  }
}
