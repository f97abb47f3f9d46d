import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StateFolder } from '../../sidecar/control/state-folder';
import type { Config } from '../../sidecar/config/config';
import type { NodeStatus } from '../../sidecar/control/status';
import { delay, systemClock } from '../../sidecar/lib/clock';
import { packageRoot } from '../../sidecar/lib/package-root';
import { SMALL_HEAP_ENVIRONMENT } from '../../sidecar/lib/small-heap';
import type { BenchContext } from './bench-context';
import { brokerPid } from './process-figures';

const POLL_MS = 250;
const STOP_MS = 60_000;

/** A `netmap run` of its own. */
export interface NetmapProcess {
  readonly pid: number;
  readonly brokerPid: () => Promise<number>;
  /** Resolves with the first status for which it holds; rejects when the process has ended. */
  readonly until: (holds: (status: NodeStatus) => boolean) => Promise<NodeStatus>;
}

/** Starts it; it is ended with the part. */
export function startNetmap(context: BenchContext, config: Config): NetmapProcess {
  const program = join(packageRoot(), 'sidecar/bin/netmap.mjs');
  const child = spawn(process.execPath, [program, 'run', '--config', config.file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...SMALL_HEAP_ENVIRONMENT },
  });
  const endWithUs = (): void => void child.kill('SIGTERM');
  process.once('exit', endWithUs);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (/"level":"(?:warn|error)"/.test(line) && !line.includes('"component":"broker"')) context.say(`log: ${line}`);
  });
  context.onEnd(async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    process.off('exit', endWithUs);
    clearTimeout(timer);
  });
  const state = new StateFolder(config.state);
  const { pid } = child;
  if (pid === undefined) throw new Error('netmap could not be started');
  return {
    pid,
    brokerPid: () => brokerPid(config.broker.instance),
    async until(holds) {
      for (;;) {
        if (child.exitCode !== null) throw new Error(`netmap ended with code ${child.exitCode}`);
        const found = await state.readStatus();
        if (found !== undefined && holds(found.status)) return found.status;
        await delay(systemClock, POLL_MS, context.signal);
      }
    },
  };
}
