import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../../sidecar/lib/package-root';

export interface Ended {
  /** Undefined when a signal ended it. */
  readonly exit: number | undefined;
  readonly out: string;
  readonly err: string;
}

/** A `netmap` command in a process of its own. Needs `npm run build`. */
export class NetmapProcess {
  out = '';
  err = '';
  readonly ended: Promise<Ended>;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly child: ChildProcess,
    input: string | Buffer,
  ) {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.out += chunk;
      for (const listener of this.listeners) listener();
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.err += chunk));
    // It may end without reading.
    child.stdin?.on('error', () => undefined).end(input);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ exit: code ?? undefined, out: this.out, err: this.err }));
    });
  }

  /** Resolves when the output holds the text; rejects when the process ends before. */
  async says(text: string): Promise<void> {
    await Promise.race([
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (this.out.includes(text)) resolve();
        };
        this.listeners.add(look);
        look();
      }),
      this.ended.then(({ out, err }) => {
        if (!out.includes(text)) throw new Error(`it ended before it said ${JSON.stringify(text)}:\n${out}\n${err}`);
      }),
    ]);
  }

  /** JSON lines of standard output. */
  lines<Line>(): Line[] {
    return this.out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }
}

export function startNetmap(args: readonly string[], input: string | Buffer = ''): NetmapProcess {
  const program = join(packageRoot(), 'sidecar/bin/netmap.mjs');
  return new NetmapProcess(spawn(process.execPath, [program, ...args], { stdio: 'pipe' }), input);
}

/** Runs a command to its end. */
export function netmap(args: readonly string[], input: string | Buffer = ''): Promise<Ended> {
  return startNetmap(args, input).ended;
}
