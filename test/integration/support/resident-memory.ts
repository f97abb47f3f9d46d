import { readFile } from 'node:fs/promises';

/** Bytes of a process that are in memory; 0 when it has ended. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** The most of each process' memory since it was started, above what it had then. */
export class MemoryWatch {
  private readonly most = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly pids: Readonly<Record<string, number>>,
    private readonly idle: Readonly<Record<string, number>>,
  ) {
    this.timer = setInterval(() => void this.sample(), 200);
  }

  static async start(pids: Readonly<Record<string, number>>): Promise<MemoryWatch> {
    const idle = await Promise.all(
      Object.entries(pids).map(async ([name, pid]): Promise<[string, number]> => [name, await residentMemory(pid)]),
    );
    return new MemoryWatch(pids, Object.fromEntries(idle));
  }

  /** Bytes above idle, by name. */
  stop(): Readonly<Record<string, number>> {
    clearInterval(this.timer);
    return Object.fromEntries([...this.most].map(([name, most]) => [name, most - (this.idle[name] ?? 0)]));
  }

  private async sample(): Promise<void> {
    for (const [name, pid] of Object.entries(this.pids))
      this.most.set(name, Math.max(this.most.get(name) ?? 0, await residentMemory(pid)));
  }
}
