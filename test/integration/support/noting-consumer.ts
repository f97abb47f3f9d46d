import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../../sidecar/lib/package-root';

export interface NotingTask {
  readonly configFile: string;
  /** Gets a line for each message that was handled: its duplicate ID. */
  readonly file: string;
  /** Handles what it cannot handle otherwise. */
  readonly repaired: boolean;
}

/** One life of an application that reads for a node, in a process of its own. Needs `npm run build`. */
export class NotingConsumer {
  readonly errors: string[] = [];
  isOver = false;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  constructor(private readonly task: NotingTask) {
    const program = join(packageRoot(), 'test/integration/support/noting-consumer.mjs');
    this.child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.ended = new Promise((resolve) => this.child.once('close', () => resolve()));
    void this.ended.then(() => (this.isOver = true));
    if (this.child.stderr !== null)
      createInterface({ input: this.child.stderr }).on('line', (line) => this.errors.push(line));
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Duplicate IDs of what it has handled, in that order. */
  async handled(): Promise<string[]> {
    const text = await readFile(this.task.file, 'utf8').catch(() => '');
    return text.split('\n').slice(0, -1);
  }

  /** Bytes of what it has noted. */
  async noted(): Promise<number> {
    return (await stat(this.task.file).catch(() => undefined))?.size ?? 0;
  }
}
