import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ManualClock } from '../lib/clock';
import { EXIT } from './exit-codes';
import { runCli } from './main';

let base: string;
let folder: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'dev-network-cli-'));
  folder = join(base, 'net');
});

afterAll(() => rm(base, { recursive: true, force: true }));

async function cli(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const exit = await runCli(['dev-network', ...args], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    environment: {},
    stdin: Readable.from([]),
    clock: new ManualClock(Date.UTC(2026, 10, 22)),
    onInterrupt: () => () => undefined,
  });
  return { exit, out, err };
}

test('makes a network, shows it, and adds to it', async () => {
  const made = await cli('--nodes', '2', '--folder', folder, '--base-port', '21000');
  expect(made).toMatchObject({ exit: EXIT.ok, err: '' });
  const lines = made.out.split('\n').map((line) => line.split(/ {2,}/));
  expect(lines.slice(0, 3).map((cells) => cells.slice(0, 5))).toEqual([
    ['node', 'p2p', 'node', 'rpc', 'rpc-admin'],
    ['O=Party A, L=London, C=GB', '21000', '21001', '21002', '21003'],
    ['O=Party B, L=New York, C=US', '21004', '21005', '21006', '21007'],
  ]);

  const added = await cli('add', '--folder', folder, '--name', 'O=Late, L=Sofia, C=BG', '--json');
  expect(added.exit).toBe(EXIT.ok);
  expect(JSON.parse(added.out)).toMatchObject({
    alias: 'late',
    name: 'O=Late, L=Sofia, C=BG',
    ports: { p2p: 21008, node: 21009, rpc: 21010, rpcAdmin: 21011 },
    config: join(folder, 'nodes', 'late', 'netmap.yaml'),
    published: false,
  });
  const mapOfFirst = join(folder, 'nodes', 'party-a', 'additional-node-infos');
  expect(await readdir(mapOfFirst)).toHaveLength(2);

  await cli('add', '--folder', folder, '--name', 'O=Later, L=Sofia, C=BG', '--publish');
  expect((await readdir(mapOfFirst)).sort()).toEqual(['later.json', 'party-a.json', 'party-b.json']);
});

test('replaces a network only when it is told to', async () => {
  const other = join(base, 'other');
  await cli('--nodes', '1', '--folder', other);
  const refused = await cli('--nodes', '2', '--folder', other);
  expect(refused.exit).toBe(EXIT.failed);
  expect(refused.err).toContain('--force');
  expect(await readdir(join(other, 'nodes'))).toEqual(['party-a']);
  const forced = await cli('--nodes', '2', '--folder', other, '--force', '--json');
  expect(JSON.parse(forced.out)).toMatchObject({ folder: other, nodes: [{ alias: 'party-a' }, { alias: 'party-b' }] });
});

test.each([
  [['--nodes', '0'], '--nodes'],
  [['--nodes', 'three'], '--nodes'],
  [['--base-port', '65536'], '--base-port'],
  [['add'], '--name'],
])('%j is a wrong command line', async (args, option) => {
  const { exit, err } = await cli(...args);
  expect(exit).toBe(EXIT.usage);
  expect(err).toContain(option);
});

test.each([
  [['--nodes', '3', '--base-port', '65530'], 'DEV_NETWORK_PORTS'],
  [['add', '--name', 'nobody'], 'DEV_NETWORK_MISSING'],
])('%j fails with %s and writes nothing', async (args, code) => {
  const nowhere = join(base, 'nowhere');
  const { exit, err } = await cli(...args, '--folder', nowhere);
  expect(exit).toBe(EXIT.failed);
  expect(err).toContain(code);
  expect(await readdir(base)).not.toContain('nowhere');
});
