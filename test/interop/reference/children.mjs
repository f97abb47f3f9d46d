import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks until it is so; what `look` rejects with counts as "not yet". */
export async function until(what, look, timeoutMs = 120_000) {
  const end = Date.now() + timeoutMs;
  let seen;
  do {
    const found = await Promise.resolve()
      .then(look)
      .catch((error) => void (seen = error));
    if (found) return found;
    await wait(500);
  } while (Date.now() < end);
  throw new Error(`not within ${timeoutMs / 1000} s: ${what}${seen ? ` (${seen.message})` : ''}`);
}

/** Runs a program to its end; rejects with what it has said when that is not code 0. Answers its standard output. */
export async function run(file, args, { input, ...options } = {}) {
  const promise = promisify(execFile)(file, args, { maxBuffer: 1 << 28, timeout: 300_000, ...options });
  promise.child.stdin?.on('error', () => undefined);
  promise.child.stdin?.end(input ?? '');
  try {
    return (await promise).stdout;
  } catch (error) {
    throw new Error(`${file} ${args.join(' ')}: ${error.stderr || error.stdout || error.message}`);
  }
}

/** All processes that were started here, each with its log in the folder. They end with this process's work, each by its own id. */
export class Children {
  running = new Set();

  constructor(folder) {
    this.folder = folder;
  }

  /** `restart`: it is started again a second after it has ended, as a supervisor does. */
  start(name, file, args, { restart = false, ...options } = {}) {
    const child = { name, starts: 0, exits: [], stopped: false, log: join(this.folder, `${name}.log`) };
    const begin = () => {
      const log = openSync(child.log, 'a');
      const { pid } = (child.process = spawn(file, args, { stdio: ['ignore', log, log], detached: true, ...options }));
      closeSync(log);
      child.starts += 1;
      child.pid = pid;
      child.over = new Promise((resolve) => {
        child.process.once('error', resolve);
        child.process.once('exit', (code, signal) => {
          child.exits.push(signal ?? code);
          if (restart && !child.stopped) setTimeout(() => child.stopped || begin(), 1_000);
          resolve();
        });
      });
    };
    child.kill = (signal = 'SIGKILL') => {
      try {
        process.kill(-child.pid, signal);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
      return child.over;
    };
    child.stop = async () => {
      child.stopped = true;
      this.running.delete(child);
      if (child.process.exitCode !== null || child.process.signalCode !== null) return;
      const cancel = setTimeout(() => void child.kill(), 30_000);
      await child.kill('SIGTERM');
      clearTimeout(cancel);
      await child.kill();
    };
    this.running.add(child);
    begin();
    return child;
  }

  async stop() {
    for (const child of [...this.running].reverse()) await child.stop();
  }
}
