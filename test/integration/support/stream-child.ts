import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../../sidecar/lib/package-root';
import { until } from './until';

export interface StreamTask {
  readonly role: 'send' | 'receive';
  readonly configFile: string;
  readonly to?: string;
  readonly bytes?: number;
  readonly folder?: string;
  readonly duplicateId?: string;
  readonly storedParts?: number;
}

/** What a child says. */
export interface Said {
  readonly what: 'ready' | 'stored' | 'sent' | 'reading' | 'received' | 'trouble';
  readonly parts?: number;
  readonly sha256?: string;
  readonly length?: number;
  readonly ms?: number;
}

/** An application that sends or receives one stream, in a process of its own. Needs `npm run build`. */
export class StreamChild {
  readonly said: Said[] = [];
  private readonly errors: string[] = [];
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private isOver = false;

  constructor(task: StreamTask) {
    const program = join(packageRoot(), 'test/integration/support/stream-child.mjs');
    const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
    void this.ended.then(() => (this.isOver = true));
    createInterface({ input: child.stdout }).on('line', (line) => this.said.push(JSON.parse(line) as Said));
    createInterface({ input: child.stderr }).on('line', (line) => this.errors.push(line));
    child.stdin.on('error', () => undefined);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('it has not started');
    return this.child.pid;
  }

  /** How many parts of a stream are stored. */
  get stored(): number {
    return this.said.findLast(({ what }) => what === 'stored')?.parts ?? 0;
  }

  begin(): void {
    this.child.stdin?.write('\n');
  }

  async says(what: Said['what'], timeoutMs: number): Promise<Said> {
    const find = (): Said | undefined => this.said.find((said) => said.what === what);
    await until(
      what,
      () => {
        if (this.isOver && find() === undefined) throw new Error(`it ended:\n${this.errors.join('\n')}`);
        return find() !== undefined;
      },
      timeoutMs,
    );
    return find() as Said;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
