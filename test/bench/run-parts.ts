import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevNetwork } from '../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNetwork } from '../../sidecar/dev-network/dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { messageOf } from '../../sidecar/lib/errors';
import { freePorts } from '../integration/support/free-ports';
import type { BenchContext, BenchPart } from './bench-context';
import type { Figure } from './figures';
import { PeerPool } from './peer-pool';
import type { PartReport } from './report';

const ALIASES = ['apply', 'memory', 'messaging', 'stamped-from', 'stamped-to', 'unstamped-from', 'unstamped-to'];
/** Heap of each broker; the JVM takes no more of it than it needs. */
const BROKER_MEMORY = '2G';
const MINUTE_MS = 60_000;

/** Runs the parts one after the other; one that fails does not keep the others from running. */
export async function runParts(parts: readonly BenchPart[], signal: AbortSignal): Promise<PartReport[]> {
  const folder = await mkdtemp(join(tmpdir(), 'netmap-bench-'));
  try {
    const settings = settingsAt(systemClock, randomBytes);
    const network = await createDevNetwork({ folder: join(folder, 'network'), nodes: await nodes(), ...settings });
    for (const { files } of network.nodes) await giveMemory(files.config);
    const pool = new PeerPool(network, join(folder, 'peers'), settings);
    const reports: PartReport[] = [];
    for (const part of parts) {
      if (signal.aborted) break;
      reports.push(await runPart(part, { folder, network, pool }, signal));
    }
    return reports;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runPart(
  part: BenchPart,
  common: Pick<BenchContext, 'folder' | 'network' | 'pool'>,
  outer: AbortSignal,
): Promise<PartReport> {
  const began = performance.now();
  const figures: Figure[] = [];
  const cleanups: (() => Promise<void>)[] = [];
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error(`not done within ${part.minutes} minutes`)), minutes(part));
  const signal = AbortSignal.any([outer, limit.signal]);
  const say = (text: string): void => console.error(`[${part.name} ${seconds(began).toFixed(0)} s] ${text}`);
  const context: BenchContext = {
    ...common,
    signal,
    say,
    node: (alias) => nodeOf(common.network, alias),
    add: (...more) => figures.push(...more),
    onEnd: (cleanup) => cleanups.unshift(cleanup),
  };
  let error: string | undefined;
  try {
    await Promise.race([part.run(context), aborted(signal)]);
  } catch (cause) {
    error = describe(cause);
    say(`failed: ${error}`);
  }
  clearTimeout(timer);
  for (const cleanup of cleanups) {
    await cleanup().catch((cause: unknown) => say(`could not clean up: ${messageOf(cause)}`));
  }
  return { part: part.name, seconds: Math.round(seconds(began)), figures, ...(error === undefined ? {} : { error }) };
}

function minutes(part: BenchPart): number {
  return part.minutes * MINUTE_MS;
}

function seconds(began: number): number {
  return (performance.now() - began) / 1000;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function describe(error: unknown): string {
  const words = messageOf(error);
  return error instanceof Error && error.cause !== undefined ? `${words}: ${describe(error.cause)}` : words;
}

/** The default is for some thousands of peers. */
async function giveMemory(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('mode: embedded', `mode: embedded\n  memory: ${BROKER_MEMORY}`));
}

async function nodes(): Promise<Parameters<typeof createDevNetwork>[0]['nodes']> {
  const ports = await freePorts(ALIASES.length * 4);
  const next = (): number => ports.shift() ?? 0;
  return ALIASES.map((alias) => ({
    name: `O=Bench ${alias}, L=London, C=GB`,
    alias,
    ports: { p2p: next(), node: next(), rpc: next(), rpcAdmin: next() },
  }));
}

function nodeOf(network: DevNetwork, alias: string): DevNetwork['nodes'][number] {
  const node = network.nodes.find((each) => each.alias === alias);
  if (node === undefined) throw new Error(`there is no node ${alias}`);
  return node;
}
