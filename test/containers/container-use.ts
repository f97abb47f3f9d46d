import type { Container } from 'dockerode';

export interface Usage {
  /** Bytes in use, without what the page cache could give back. */
  readonly memory: number;
  /** Nanoseconds of processor time since the start. */
  readonly cpu: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export async function usageOf(container: Container): Promise<Usage> {
  const { memory_stats: memory, cpu_stats: cpu } = await container.stats({ stream: false });
  // Called so by version 1 and version 2 of control groups.
  const { total_inactive_file: first, inactive_file: second } = memory.stats as Partial<Record<string, number>>;
  return { memory: memory.usage - (first ?? second ?? 0), cpu: cpu.cpu_usage.total_usage, at: Date.now() };
}

/** A figure for the reader of the tests' output. */
export function report(text: string): void {
  process.stderr.write(`figure: ${text}\n`);
}

/** For print: memory at the end, and processor time between two looks in percent of one core. */
export function usageText(before: Usage, after: Usage): string {
  const percent = ((after.cpu - before.cpu) / 1e6 / (after.at - before.at)) * 100;
  return `${(after.memory / 2 ** 20).toFixed(0)} MiB, ${percent.toFixed(1)} % of a core`;
}
