import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Clock ticks a second in /proc; the same on every Linux that Node runs on. */
const TICKS = 100;

export interface ProcessFigures {
  readonly residentMiB: number;
  /** Processor time since its start, milliseconds. */
  readonly cpuMs: number;
}

/** What Linux says of a process. Rejects elsewhere, and when there is none. */
export async function processFigures(pid: number): Promise<ProcessFigures> {
  const [status, line] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  // The name before it may hold anything, blanks and brackets too.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  if (resident === undefined || Number.isNaN(user + system)) throw new Error(`/proc/${pid} cannot be read`);
  return { residentMiB: Number(resident) / 1024, cpuMs: ((user + system) * 1_000) / TICKS };
}

/** The process number of the broker that runs in an instance folder. Rejects when there is none. */
export async function brokerPid(instance: string): Promise<number> {
  return Number.parseInt(await readFile(join(instance, 'broker.pid'), 'utf8'), 10);
}

/** Which file of a folder has which content, by inode, size and time; folders below included but for those named. */
export async function fileMarks(folder: string, without: readonly string[] = []): Promise<Map<string, string>> {
  const marks = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (without.includes(entry.name)) continue;
    if (entry.isDirectory()) for (const [name, mark] of await fileMarks(path)) marks.set(name, mark);
    else marks.set(path, await markOf(path));
  }
  return marks;
}

async function markOf(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true });
  return [ino, size, mtimeNs].join(':');
}

/** Names that one of the two lacks or marks otherwise. */
export function differing(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
}
