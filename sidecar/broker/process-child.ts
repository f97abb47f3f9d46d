import { spawn, type ChildProcess } from 'node:child_process';
import type { Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import { BrokerLogReader, type BrokerLogRecord } from './broker-log';
import type { LaunchCommand } from './process-command';

export interface ChildExit {
  /** Null when a signal ended it, or when it never ran. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One life of the broker's process, from its start to its end. */
export class BrokerChild {
  /** Resolves when the process has ended and its output is read to the end. */
  readonly exited: Promise<ChildExit>;
  readonly pid: number | undefined;
  private readonly child: ChildProcess;
  private told = false;
  private gone = false;

  constructor(
    { command, args, env }: LaunchCommand,
    private readonly clock: Clock,
    onLog: (record: BrokerLogRecord) => void,
  ) {
    // A group of its own: Ctrl-C is for us, and we end the broker in order.
    this.child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.pid = this.child.pid;
    const endWithUs = (): void => void this.child.kill('SIGTERM');
    process.once('exit', endWithUs);
    this.exited = new Promise((resolve) => {
      const readers = (['stdout', 'stderr'] as const).map((stream) => {
        const reader = new BrokerLogReader(stream, clock, onLog);
        this.child[stream]?.setEncoding('utf8').on('data', (chunk: string) => reader.push(chunk));
        return reader;
      });
      const end = (exit: ChildExit): void => {
        if (this.gone) return;
        this.gone = true;
        process.off('exit', endWithUs);
        for (const reader of readers) reader.end();
        resolve(exit);
      };
      this.child.once('close', (code, signal) => end({ code, signal }));
      this.child.once('error', (error) => {
        onLog({ time: clock.now(), level: 'ERROR', logger: 'stderr', message: messageOf(error) });
        if (this.child.pid === undefined) end({ code: null, signal: null });
      });
    });
  }

  /** Whether `stop` was called: its end is then no surprise. */
  get stopping(): boolean {
    return this.told;
  }

  /** Ends the process in order, and by force when that takes longer than `timeout` ms. Safe to repeat. */
  async stop(timeout: number): Promise<void> {
    if (this.gone) return;
    this.told = true;
    this.child.kill('SIGTERM');
    const cancel = this.clock.after(timeout, () => void this.child.kill('SIGKILL'));
    await this.exited;
    cancel();
  }
}
