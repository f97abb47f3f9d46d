import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { NodeStatus } from '../control/status';
import { ManualClock } from '../lib/clock';
import { EXIT } from './exit-codes';
import { runCli } from './main';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-status-'));
  await mkdir(join(folder, 'state'));
  const certificates = 'certificates: { key: { file: key }, chain: chain, roots: roots }';
  const text = `node: { nodeInfo: own }\n${certificates}\nsources: [{ directory: { path: map } }]\nstate: state\n`;
  await writeFile(join(folder, 'netmap.yaml'), text);
});
afterEach(() => rm(folder, { recursive: true }));

async function status(...more: string[]) {
  let [out, err] = ['', ''];
  const exit = await runCli(['status', '--config', join(folder, 'netmap.yaml'), ...more], {
    stdin: Readable.from([]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    environment: {},
    clock: new ManualClock(1000),
    onInterrupt: () => () => undefined,
  });
  return { exit, out, err };
}

async function written(more: object): Promise<void> {
  const good: NodeStatus = {
    node: { name: 'O=Party A, L=London, C=GB', id: 'DLa' },
    pid: process.pid,
    startedAt: 0,
    updatedAt: 0,
    broker: { kind: 'embedded', state: 'ready' },
    map: { revision: 1, peers: 1, parked: [] },
    drift: { repairs: 0 },
    peers: [],
  };
  await writeFile(join(folder, 'state', 'status.json'), JSON.stringify({ ...good, ...more }));
}

const problem = { code: 'X', message: 'bad', since: 0 };

test.each([
  ['all is well', {}, EXIT.ok],
  ['the map is held', { held: problem }, EXIT.partly],
  ['an input is parked', { map: { revision: 1, peers: 1, parked: [{ origin: 'a', ...problem }] } }, EXIT.partly],
  ['a peer waits', { peers: [{ id: 'DLb', name: 'O=B', addresses: [], phase: 'waiting' }] }, EXIT.partly],
  ['the broker is lost', { broker: { kind: 'attached', state: 'lost' } }, EXIT.partly],
  // No process has a number as high.
  ['the sidecar is gone', { pid: 2 ** 30 }, EXIT.unreachable],
])('%s', async (_, more, exit) => {
  await written(more);
  await expect(status()).resolves.toMatchObject({ exit, err: '' });
  const { out } = await status('--json');
  expect(JSON.parse(out)).toMatchObject({ alive: exit !== EXIT.unreachable, node: { id: 'DLa' }, ...more });
});

test('no sidecar has ever run', async () => {
  const { exit, out, err } = await status();
  expect({ exit, out }).toEqual({ exit: EXIT.unreachable, out: '' });
  expect(err).toContain(`start it: netmap run --config ${join(folder, 'netmap.yaml')}`);
});

test('a damaged file is named', async () => {
  await writeFile(join(folder, 'state', 'status.json'), '{');
  const { exit, err } = await status();
  expect(exit).toBe(EXIT.failed);
  expect(err).toContain(join(folder, 'state', 'status.json'));
  expect(err).toContain('NODE_STATE');
});
