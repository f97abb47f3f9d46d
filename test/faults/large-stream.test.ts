import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevNetwork } from '../../sidecar/dev-network/create-dev-network';
import { settingsAt } from '../../sidecar/dev-network/dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { freePorts } from '../integration/support/free-ports';
import { NodeChild } from '../integration/support/node-child';
import { MemoryWatch } from '../integration/support/resident-memory';
import { StreamChild, type StreamTask } from '../integration/support/stream-child';
import { until } from '../integration/support/until';

const MEBIBYTE = 1_048_576;
const SIZE = Number(process.env['NETMAP_STREAM_MEBIBYTES'] ?? 1024) * MEBIBYTE;
const MOST_ABOVE_IDLE = 100 * MEBIBYTE;
const START_MS = 60_000;
const STREAM_MS = 900_000;
const NAMES = ['O=Party A,L=London,C=GB', 'O=Party B,L=Paris,C=FR'] as const;

jest.setTimeout(1_200_000);

let folder: string;
let a: NodeChild;
let b: NodeChild;
const applications: StreamChild[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-stream-'));
  const ports = await freePorts(8);
  const next = (): number => ports.shift() ?? 0;
  const { nodes } = await createDevNetwork({
    folder,
    nodes: NAMES.map((name) => ({ name, ports: { p2p: next(), node: next(), rpc: next(), rpcAdmin: next() } })),
    ...settingsAt(systemClock, randomBytes),
  });
  [a, b] = nodes.map((node) => new NodeChild(node)) as [NodeChild, NodeChild];
  await Promise.all([a.start(), b.start()]);
});
afterEach(() => Promise.all(applications.splice(0).map((child) => child.kill())));
afterAll(async () => {
  await Promise.all([a.stop(), b.stop()]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function application(task: Omit<StreamTask, 'configFile'>): Promise<StreamChild> {
  const { dev } = task.role === 'send' ? a : b;
  const child = new StreamChild({ ...task, configFile: dev.files.config });
  applications.push(child);
  await child.says('ready', START_MS);
  return child;
}

test('a large stream crosses two brokers, and nobody holds it in memory', async () => {
  const receiver = await application({ role: 'receive', folder: join(folder, 'large') });
  const sender = await application({ role: 'send', to: NAMES[1], bytes: SIZE });
  const pids = { sender: sender.pid, receiver: receiver.pid, 'sidecar of A': a.pid, 'sidecar of B': b.pid };
  const watch = await MemoryWatch.start(pids);
  receiver.begin();
  await receiver.says('reading', START_MS);
  sender.begin();
  const sent = await sender.says('sent', STREAM_MS);
  const received = await receiver.says('received', STREAM_MS);
  const aboveIdle = watch.stop();
  const figures = Object.entries(aboveIdle).map(([name, bytes]) => `${name} +${(bytes / MEBIBYTE).toFixed(0)} MiB`);
  process.stderr.write(
    `${SIZE / MEBIBYTE} MiB: stored after ${sent.ms} ms, handed over after ${received.ms} ms; ${figures.join(', ')}\n`,
  );
  expect([received.length, received.sha256]).toEqual([SIZE, sent.sha256]);
  expect(Object.keys(aboveIdle)).toHaveLength(4);
  expect(Object.entries(aboveIdle).filter(([, bytes]) => bytes > MOST_ABOVE_IDLE)).toEqual([]);
});

test('both applications are killed in the middle of a stream, go on, and it comes once', async () => {
  const bytes = 64 * MEBIBYTE;
  const parts = (bytes / MEBIBYTE) * 4;
  const task = { role: 'send', to: NAMES[1], bytes, duplicateId: 'killed' } as const;
  const reading = { role: 'receive', folder: join(folder, 'killed') } as const;
  const readers = [await application(reading)];
  readers[0]?.begin();
  let sender = await application(task);
  sender.begin();
  for (const goal of [parts / 4, parts / 2]) {
    const current = sender;
    await until('it is under way', () => current.stored >= goal, STREAM_MS);
    const storedParts = current.stored;
    await Promise.all([current.kill(), readers.at(-1)?.kill()]);
    const reader = await application(reading);
    readers.push(reader);
    reader.begin();
    sender = await application({ ...task, storedParts });
    sender.begin();
  }
  const { sha256 } = await sender.says('sent', STREAM_MS);
  const received = await readers.at(-1)?.says('received', STREAM_MS);
  expect([received?.length, received?.sha256]).toEqual([bytes, sha256]);
  const all = readers.flatMap(({ said }) => said.filter(({ what }) => what === 'received'));
  expect(all).toHaveLength(1);
});
