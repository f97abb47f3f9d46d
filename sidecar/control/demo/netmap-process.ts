import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../../lib/clock';
import { packageRoot } from '../../lib/package-root';
import { SMALL_HEAP_ENVIRONMENT } from '../../lib/small-heap';
import { DemoError } from './demo-error';

export interface NetmapProcessOptions {
  /** What to do: the command's words. */
  readonly words: readonly string[];
  /** Absolute path of the configuration. */
  readonly config: string;
  /** What it says when it runs. */
  readonly ready: string;
  /** The instance folder of its broker, where it has one. */
  readonly instance?: string;
  /** Gets what the process says. */
  readonly log: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

/** A broker may take 30 s to stop in order. */
const STOP_MS = 45_000;
const LAST_LINES = 12;

/** One life of a `netmap run` or `netmap map serve`, a process of its own. */
export class NetmapProcess {
  /** Resolves when it runs, a node proven; rejects with DemoError when it ends before. */
  readonly running: Promise<void>;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private readonly lines: string[] = [];
  private told = false;

  constructor(private readonly options: NetmapProcessOptions) {
    const { words, config, environment, log } = options;
    const program = join(packageRoot(), 'sidecar', 'bin', 'netmap.mjs');
    // A group of its own: Ctrl-C is for the demo, and the demo ends the nodes in order.
    this.child = spawn(process.execPath, [program, ...words, '--config', config], {
      env: { ...environment, ...SMALL_HEAP_ENVIRONMENT },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const endWithUs = (): void => void this.child.kill('SIGTERM');
    process.once('exit', endWithUs);
    this.ended = new Promise((resolve) => {
      const done = (): void => {
        process.off('exit', endWithUs);
        resolve();
      };
      this.child.once('close', done).once('error', done);
    });
    this.running = this.untilRunning(log);
    // Whoever waits for it hears of it.
    this.running.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Rejects with DemoError when the process ends without having been told to. */
  async crashed(): Promise<never> {
    await this.ended;
    if (this.told) return new Promise(() => undefined);
    throw this.endedError();
  }

  /** Ends it in order, a broker with its node; by force where that takes too long. Never throws. */
  async stop(): Promise<void> {
    this.told = true;
    this.child.kill('SIGTERM');
    const cancel = this.options.clock.after(STOP_MS, () => void this.child.kill('SIGKILL'));
    await this.ended;
    cancel();
    await this.endLeftBroker();
  }

  private untilRunning(file: string): Promise<void> {
    const { stderr } = this.child;
    if (stderr === null) return Promise.reject(this.endedError());
    const log = createWriteStream(file, { flags: 'a', mode: 0o600 });
    // The log is for those who look at a kept demo; without it the demo goes on.
    log.on('error', () => undefined);
    return new Promise((resolve, reject) => {
      createInterface({ input: stderr })
        .on('line', (line) => {
          log.write(`${line}\n`);
          this.lines.push(line);
          this.lines.splice(0, this.lines.length - LAST_LINES);
          if (messageIn(line) === this.options.ready) resolve();
        })
        .on('close', () => log.end());
      void this.ended.then(() => reject(this.endedError()));
    });
  }

  private endedError(): DemoError {
    const said = this.lines.length === 0 ? 'without a word' : `; it said last:\n${this.lines.join('\n')}`;
    const how = this.child.exitCode === null ? '' : ` with exit code ${this.child.exitCode}`;
    return new DemoError('DEMO_NODE_ENDED', `the process of ${this.options.config} ended${how}${said}`, {
      remedy: 'run the demo with --keep and look at the logs beside the node folders',
    });
  }

  /** A sidecar that was killed leaves its broker behind, and the file that says so. */
  private async endLeftBroker(): Promise<void> {
    const { instance } = this.options;
    if (instance === undefined) return;
    const text = await readFile(join(instance, 'broker.pid'), 'utf8').catch(() => '');
    const [pid = 0] = text.split(' ').map(Number);
    if (!Number.isInteger(pid) || pid <= 0) return;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

function messageIn(line: string): unknown {
  try {
    return (JSON.parse(line) as { message?: unknown }).message;
  } catch {
    return undefined;
  }
}
