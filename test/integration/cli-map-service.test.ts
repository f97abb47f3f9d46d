import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevNetwork } from '../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNode } from '../../sidecar/dev-network/dev-network';
import { mapServiceFiles, mapUrl } from '../../sidecar/dev-network/map-service';
import { systemClock } from '../../sidecar/lib/clock';
import { freePorts } from './support/free-ports';
import { netmap, startNetmap, type NetmapProcess } from './support/netmap';
import { until } from './support/until';

jest.setTimeout(120_000);

const [NAME_A, NAME_B] = ['O=Party A, L=London, C=GB', 'O=Party B, L=London, C=GB'];
let folder: string;
let url: string;
let service: string;
let a: DevNode;
let b: DevNode;
let running: NetmapProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-serve-'));
  const ports = await freePorts(10);
  const next = (): number => ports.shift() ?? 0;
  const mapService = { map: next(), operator: next() };
  const network = await createDevNetwork({
    folder,
    nodes: [NAME_A, NAME_B].map((name) => ({
      name,
      ports: { p2p: next(), node: next(), rpc: next(), rpcAdmin: next() },
    })),
    mapService,
    ...settingsAt(systemClock, randomBytes),
  });
  [a, b] = network.nodes as [DevNode, DevNode];
  service = mapServiceFiles(network.files.network).config;
  url = mapUrl(mapService);
});

afterAll(async () => {
  running?.child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function serve(): Promise<NetmapProcess> {
  const started = startNetmap(['map', 'serve', '--config', service]);
  running = started;
  const fails = started.ended.then(({ err }) => Promise.reject(new Error(err)));
  await Promise.race([until('it serves', () => started.err.includes('"message":"serving"'), 60_000), fails]);
  return started;
}

const publish = ({ files }: DevNode, ...more: string[]) =>
  netmap(['node-info', 'publish', '--config', files.config, ...more]);

async function listed(): Promise<string[]> {
  const { exit, out } = await netmap(['map', 'nodes', '--config', service, '--json']);
  expect(exit).toBe(0);
  const { nodes } = JSON.parse(out) as { nodes: { name: string }[] };
  return nodes.map(({ name }) => name).sort();
}

test('without a service a NodeInfo cannot be published, and the words say where it was sought', async () => {
  const { exit, out, err } = await publish(a);
  expect([exit, out]).toEqual([4, '']);
  expect(err).toContain(url);
});

test('a service serves; a node that publishes is in its map; it ends in good order and knows the node afterwards', async () => {
  const first = await serve();
  expect(first.err).toContain(url);
  const published = await publish(a);
  expect([published.exit, published.err]).toEqual([0, '']);
  expect(published.out).toMatch(new RegExp(`^published: ${NAME_A}, [0-9A-F]{64}, to ${url}$`, 'm'));
  expect(await listed()).toEqual([NAME_A]);
  const asJson = await publish(b, '--json');
  expect(JSON.parse(asJson.out)).toMatchObject({ name: NAME_B, url, seenAs: '127.0.0.1' });
  expect(await listed()).toEqual([NAME_A, NAME_B]);
  const answer = await fetch(`${url}/network-map`);
  expect([answer.status, (await answer.arrayBuffer()).byteLength > 0]).toEqual([200, true]);

  first.child.kill('SIGTERM');
  expect((await first.ended).exit).toBe(0);
  const second = await serve();
  expect(await listed()).toEqual([NAME_A, NAME_B]);
  second.child.kill('SIGINT');
  expect((await second.ended).exit).toBe(0);
});

test('who is banned is refused in the words of the service until that is lifted; who is removed may publish again', async () => {
  const running = await serve();
  expect((await netmap(['map', 'ban', NAME_B, '--config', service])).exit).toBe(0);
  const refused = await publish(b);
  expect([refused.exit, refused.out]).toEqual([1, '']);
  expect(refused.err).toMatch(/banned/i);
  expect(await listed()).toEqual([NAME_A]);
  const unbanned = await netmap(['map', 'unban', NAME_B, '--config', service]);
  expect([unbanned.exit, unbanned.out]).toEqual([0, `${NAME_B}: no longer banned\n`]);
  expect((await publish(b)).exit).toBe(0);
  const removed = await netmap(['map', 'remove', NAME_A, '--config', service]);
  expect([removed.exit, removed.out]).toEqual([0, `${NAME_A}: removed\n`]);
  expect(await listed()).toEqual([NAME_B]);
  expect((await publish(a)).exit).toBe(0);
  expect(await listed()).toEqual([NAME_A, NAME_B]);
  running.child.kill('SIGTERM');
  await running.ended;
});

test('a second service on the same state, and one without a configuration, say so', async () => {
  const running = await serve();
  const taken = await netmap(['map', 'serve', '--config', service]);
  expect([taken.exit, taken.err]).toEqual([1, expect.stringContaining('STORE_LOCKED')]);
  running.child.kill('SIGTERM');
  await running.ended;
  const missing = await netmap(['map', 'serve', '--config', join(folder, 'none.yaml')]);
  expect([missing.exit, missing.err]).toEqual([2, expect.stringContaining('none.yaml')]);
});

test('a node that knows no service says that', async () => {
  const config = await readFile(a.files.config, 'utf8');
  const alone = join(a.files.folder, 'alone.yaml');
  await writeFile(alone, config.replace(/^sources:\n(?: .*\n)+/m, 'sources: [{ directory: { path: map } }]\n'));
  const { exit, err } = await netmap(['node-info', 'publish', '--config', alone]);
  expect([exit === 0, err]).toEqual([false, expect.stringContaining('names no network map service')]);
});
