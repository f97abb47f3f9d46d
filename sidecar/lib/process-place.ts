import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** A process, told apart from all others: of other containers, of other machines, and of those that get its number later. */
export interface ProcessMark {
  readonly pid: number;
  /** The running system; the name of the machine where the system does not say. */
  readonly system: string;
  /** Within which process ids mean something; empty where there is one such space. */
  readonly space: string;
  /** When it began, in the system's own unit; absent where it is not known. */
  readonly began?: string;
}

/** Of a process that is in this container, on this machine. */
export async function markOf(pid: number): Promise<ProcessMark> {
  const [system, space, began] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname()),
    readlink('/proc/self/ns/pid').catch(() => ''),
    beganOf(pid),
  ]);
  return { pid, system: system.trim(), space, ...(began === undefined ? {} : { began }) };
}

/** Whether it runs; undefined where that cannot be seen from here. */
export async function isRunning(mark: ProcessMark): Promise<boolean | undefined> {
  const here = await markOf(mark.pid);
  if (here.system !== mark.system || here.space !== mark.space) return undefined;
  return isAlive(mark.pid) && (mark.began === undefined || mark.began === here.began);
}

export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function beganOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program comes before, and may have anything in it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
