import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file';
import { delay, type Clock } from '../lib/clock';
import { BrokerError } from './broker-error';

/** The broker that an earlier process started and that is still running. */
interface Leftover {
  readonly pid: number;
  /** Whether the process that started it lives on and looks after it. */
  readonly owned: boolean;
}

const POLL_MS = 100;

export async function writePidFile(instance: string, pid: number): Promise<void> {
  await writeFileAtomic(pidFile(instance), `${pid} ${process.pid}\n`);
}

export async function removePidFile(instance: string): Promise<void> {
  await rm(pidFile(instance), { force: true });
}

/**
 * Ends the broker of this instance folder that a process before us left behind when it was killed. Throws
 * BROKER_ALREADY_RUNNING when the process that started it is still there.
 */
export async function endLeftover(instance: string, clock: Clock, timeout: number): Promise<void> {
  const leftover = await findLeftover(instance);
  if (leftover === undefined) return;
  if (leftover.owned) {
    throw new BrokerError(
      'BROKER_ALREADY_RUNNING',
      `The broker of ${instance} is running already, as process ${leftover.pid}`,
      { remedy: 'Stop the other netmap, or give this one a folder of its own', decision: 'alarm' },
    );
  }
  signal(leftover.pid, 'SIGTERM');
  const deadline = clock.now() + timeout;
  while ((await findLeftover(instance)) !== undefined) {
    if (clock.now() >= deadline) signal(leftover.pid, 'SIGKILL');
    await delay(clock, POLL_MS);
  }
  await removePidFile(instance);
}

function pidFile(instance: string): string {
  return join(instance, 'broker.pid');
}

async function findLeftover(instance: string): Promise<Leftover | undefined> {
  const text = await readFile(pidFile(instance), 'utf8').catch(() => '');
  const [pid = 0, starter = 0] = text.trim().split(' ').map(Number);
  if (!(pid > 0)) return undefined;
  const found = await lookUp(pid);
  // Process numbers are used again: only the command line tells whether this one is our broker.
  if (found?.command.includes(`-Dartemis.instance=${instance}`) !== true) return undefined;
  return { pid, owned: found.parent === starter };
}

function lookUp(pid: number): Promise<{ parent: number; command: string } | undefined> {
  return process.platform === 'linux' ? lookUpInProc(pid) : lookUpWithPs(pid);
}

async function lookUpInProc(pid: number): Promise<{ parent: number; command: string } | undefined> {
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    const status = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [, parent] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(parent), command: command.split('\0').join(' ') };
  } catch {
    return undefined;
  }
}

function lookUpWithPs(pid: number): Promise<{ parent: number; command: string } | undefined> {
  return new Promise((resolve) => {
    execFile('ps', ['-ww', '-o', 'ppid=,args=', '-p', String(pid)], (error, stdout) => {
      const [, parent, command] = /^\s*(\d+)\s+(.*)/.exec(stdout) ?? [];
      resolve(error !== null || command === undefined ? undefined : { parent: Number(parent), command });
    });
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended by itself.
  }
}
