import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevNetwork } from '../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNode } from '../../sidecar/dev-network/dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { freePorts } from './support/free-ports';
import { netmap, type Ended } from './support/netmap';
import { NodeChild } from './support/node-child';
import { until } from './support/until';

jest.setTimeout(300_000);

const NAME = 'O=Party A, L=London, C=GB';
let folder: string;
let node: DevNode;
let child: NodeChild | undefined;
/** Where it serves health and metrics. */
let http: number;

/** One node, which sends to itself. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-cli-dead-'));
  const [p2p = 0, own = 0, rpc = 0, rpcAdmin = 0, free = 0] = await freePorts(5);
  http = free;
  const network = await createDevNetwork({
    folder,
    nodes: [{ name: NAME, ports: { p2p, node: own, rpc, rpcAdmin } }],
    ...settingsAt(systemClock, randomBytes),
  });
  [node] = network.nodes as [DevNode];
  await appendFile(node.files.config, `http: { port: ${http} }\n`);
  child = new NodeChild(node);
  await child.start();
});

afterAll(async () => {
  await child?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function run(...args: string[]): Promise<Ended> {
  return netmap([...args.slice(0, 2), '--config', node.files.config, ...args.slice(2)]);
}

/** The command's only result. */
async function json<Value>(...args: string[]): Promise<Value> {
  const { exit, out } = await run(...args, '--json');
  expect(exit).toBe(0);
  return JSON.parse(out) as Value;
}

async function reject(body: string, topic: string): Promise<void> {
  expect((await run('send', '--to', NAME, '--body', body, '--topic', topic)).exit).toBe(0);
  const one = ['--topic', topic, '--count', '1', '--timeout', '60'];
  expect((await run('receive', '--reject', `no such ${topic}`, ...one)).exit).toBe(0);
}

interface Listed {
  readonly total: number;
  readonly entries: readonly { readonly id: string; readonly reason: string; readonly topic: string }[];
}

test('a dead letter is listed and shown', async () => {
  expect(await run('dead-letters', 'list')).toMatchObject({ exit: 0, out: 'no dead letters\n' });
  await reject('first', 'article');
  await reject('second', 'customer');

  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
  await until('metrics count them', async () => (await metrics()).includes('cause="rejected"} 2\n'), 60_000);
  expect((await fetch(`http://127.0.0.1:${http}/health/ready`)).status).toBe(200);
  const counts = await run('dead-letters', 'list');
  expect(counts.out).toMatch(/^2 +in +O=Party A, L=London, C=GB +rejected/m);
  const { total, entries } = await json<Listed>('dead-letters', 'list', '--topic', 'article');
  expect([total, entries]).toMatchObject([1, [{ cause: 'rejected', reason: 'no such article', peerName: NAME }]]);
  const id = entries[0]?.id ?? '';

  const file = join(folder, 'body');
  expect(await json('dead-letters', 'show', id)).toMatchObject({ id, body: 'first', attempts: 1, topic: 'article' });
  expect((await run('dead-letters', 'show', id, '--body', file)).out).toMatch(/^reason +no such article$/m);
  expect(await readFile(file, 'utf8')).toBe('first');
});

test('it is replayed, or only said to be', async () => {
  const { entries } = await json<Listed>('dead-letters', 'list', '--topic', 'article');
  const id = entries[0]?.id ?? '';
  expect(await run('dead-letters', 'replay', id, '--dry-run')).toMatchObject({ exit: 0, out: '1 would be replayed\n' });
  expect(await json<Listed>('dead-letters', 'list', '--entries')).toMatchObject({ total: 2 });
  expect(await run('dead-letters', 'replay', id)).toMatchObject({ exit: 0, out: '1 replayed\n' });
  const again = await run('receive', '--count', '1', '--timeout', '60', '--json');
  expect(JSON.parse(again.out)).toMatchObject({ from: { name: NAME }, body: 'first', attempt: 1 });
});

test('it is dropped, or only said to be', async () => {
  const customer = ['--topic', 'customer'];
  expect(await json('dead-letters', 'drop', ...customer, '--dry-run')).toEqual({ dryRun: true, dropped: 1 });
  expect(await run('dead-letters', 'drop', ...customer)).toMatchObject({ exit: 0, out: '1 dropped\n' });
  expect(await run('dead-letters', 'list')).toMatchObject({ exit: 0, out: 'no dead letters\n' });
});

test('what is not there, or not said, is refused', async () => {
  expect(await run('dead-letters', 'show', '1')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('DEAD_LETTER_UNKNOWN') as string,
  });
  expect(await run('dead-letters', 'drop')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('does not know which') as string,
  });
  for (const unknown of ['nobody', 'O=Party Z, L=London, C=GB'])
    expect(await run('dead-letters', 'list', '--peer', unknown)).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining('PEER_UNKNOWN') as string,
    });
  // An RPC user of the development network, of whom there are none.
  expect(await run('dead-letters', 'list', '--peer', 'operator')).toMatchObject({ exit: 0, out: 'no dead letters\n' });
});
