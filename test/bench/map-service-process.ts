import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeTree } from '../../sidecar/dev-network/file-tree';
import type { BuildSettings } from '../../sidecar/dev-network/build-node';
import { mapServiceFiles, mapServiceTree, mapUrl } from '../../sidecar/dev-network/map-service';
import { packageRoot } from '../../sidecar/lib/package-root';
import { freePorts } from '../integration/support/free-ports';
import type { BenchContext } from './bench-context';

export interface MapServiceProcess {
  readonly url: string;
  readonly pid: number;
  /** Ends it, and starts it anew with the state that it has left; resolves with the milliseconds until it serves. */
  readonly restart: () => Promise<number>;
}

const LIMITS = 'limits: { nodes: 20000, requestsPerMinute: 1000000, publishesPerMinute: 1000000 }';

/** A `netmap map serve` of its own for the bench's network, with nobody on it yet; ended with the part. */
export async function startMapService(context: BenchContext, settings: BuildSettings): Promise<MapServiceProcess> {
  const { network, folder } = context;
  const [map = 0, operator = 0] = await freePorts(2);
  const files = mapServiceFiles(join(folder, 'service'));
  await writeTree(folder, mapServiceTree(network, settings, 'service', { map, operator }));
  await writeFile(join(folder, 'service', 'root.pem'), await readFile(network.files.root));
  const yaml = await readFile(files.config, 'utf8');
  await writeFile(files.config, `${yaml.replace(/^signSeconds:.*\n/m, '')}${LIMITS}\n`);
  let child = await serve(files.config, context);
  context.onEnd(() => end(child));
  return {
    url: mapUrl({ map, operator }),
    get pid() {
      return child.pid ?? 0;
    },
    async restart() {
      await end(child);
      const began = performance.now();
      child = await serve(files.config, context);
      return performance.now() - began;
    },
  };
}

type Child = ReturnType<typeof spawn>;

async function serve(config: string, context: BenchContext): Promise<Child> {
  const program = join(packageRoot(), 'sidecar/bin/netmap.mjs');
  const child = spawn(process.execPath, [program, 'map', 'serve', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGTERM'));
  let last = '';
  const serving = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      last = line;
      if (line.includes('"message":"serving"')) resolve();
      if (/"level":"(?:warn|error)"/.test(line)) context.say(`log: ${line}`);
    });
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the map service ended with code ${String(code)}: ${last}`);
  });
  ended.catch(() => undefined);
  await Promise.race([serving, ended]);
  return child;
}

async function end(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
