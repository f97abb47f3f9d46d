import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DevNode } from '../../../sidecar/dev-network/dev-network';
import { packageRoot } from '../../../sidecar/lib/package-root';
import { until } from './until';

const START_MS = 120_000;

/** Where a node's files lie. */
export interface NodePlace {
  readonly alias: string;
  readonly files: { readonly config: string; readonly folder: string };
}

/** A node whose sidecar is a process of its own (`netmap run`), so that it can be killed. Needs `npm run build`. */
export class NodeChild<Place extends NodePlace = DevNode> {
  /** All that it has logged in all its lives, one JSON object a line. */
  readonly log: string[] = [];
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();

  /** The broker's instance is in the folder `broker` of the node's. */
  constructor(readonly dev: Place) {}

  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error(`${this.dev.alias} does not run`);
    return pid;
  }

  /** Starts the process; resolves at once. */
  launch(): void {
    const program = join(packageRoot(), 'sidecar/bin/netmap.mjs');
    const child = spawn(process.execPath, [program, 'run', '--config', this.dev.files.config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.dev.files.folder,
    });
    this.child = child;
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.log.push(line));
    }
  }

  /** Starts the process and resolves when the node runs as its map says. */
  async start(): Promise<void> {
    const before = this.log.length;
    this.launch();
    let gone = false;
    void this.ended.then(() => (gone = true));
    await until(
      `${this.dev.alias} runs`,
      () => {
        if (gone) throw new Error(`${this.dev.alias} ended:\n${this.log.slice(before).join('\n')}`);
        return this.log.slice(before).some((line) => line.includes('"message":"running"'));
      },
      START_MS,
    );
  }

  /** Kills the sidecar (-9); its broker lives on. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.ended;
  }

  /** Kills the broker (-9). */
  async killBroker(): Promise<void> {
    const pid = await this.brokerPid();
    if (pid === undefined) throw new Error(`${this.dev.alias} has no broker`);
    process.kill(pid, 'SIGKILL');
  }

  /** Ends both in order, and by force what a killed sidecar has left. */
  async stop(): Promise<void> {
    this.child?.kill('SIGTERM');
    await this.ended;
    const pid = await this.brokerPid();
    if (pid === undefined) return;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(this.dev.files.folder)) process.kill(pid, 'SIGKILL');
  }

  async brokerPid(): Promise<number | undefined> {
    const text = await readFile(join(this.dev.files.folder, 'broker/broker.pid'), 'utf8').catch(() => '');
    const pid = Number.parseInt(text, 10);
    return pid > 0 ? pid : undefined;
  }
}
