import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addNode, publishNodeInfo } from '../../sidecar/dev-network/add-node';
import { createDevNetwork } from '../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNetwork, type DevNode } from '../../sidecar/dev-network/dev-network';
import { mapFileName } from '../../sidecar/dev-network/layout';
import { systemClock } from '../../sidecar/lib/clock';
import { freePorts } from './support/free-ports';
import { netmap } from './support/netmap';
import { NodeChild } from './support/node-child';

jest.setTimeout(300_000);

const NAME_B = 'O=Party B, L=London, C=GB';
let folder: string;
let network: DevNetwork;
let a: DevNode;
let child: NodeChild;

/** The broker of A runs, its sidecar has gone: as if somebody else had started it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-apply-'));
  const [p2p = 0, node = 0, rpc = 0, rpcAdmin = 0] = await freePorts(4);
  network = await createDevNetwork({
    folder,
    nodes: [{ name: 'O=Party A, L=London, C=GB', ports: { p2p, node, rpc, rpcAdmin } }],
    ...settingsAt(systemClock, randomBytes),
  });
  [a] = network.nodes as [DevNode];
  child = new NodeChild(a);
  await child.start();
}, 300_000);

afterAll(async () => {
  await child.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}, 120_000);

const at = (command: string, ...args: string[]) => [command, '--config', a.files.config, ...args];

test('a sidecar that runs its broker applies by itself', async () => {
  const refused = await netmap(at('apply'));
  expect(refused).toMatchObject({ exit: 1, out: '' });
  expect(refused.err).toContain('NODE_EMBEDDED');
});

test('while a sidecar runs nobody else applies', async () => {
  const config = await readFile(a.files.config, 'utf8');
  await writeFile(a.files.config, config.replace('mode: embedded', 'mode: attached'));
  const refused = await netmap(at('apply'));
  expect(refused.exit).toBe(1);
  expect(refused.err).toContain('NODE_IN_USE');
});

test('plan says what would change, apply makes it live, and then nothing is left to do', async () => {
  await child.kill();
  expect((await netmap(at('status'))).exit).toBe(4);
  await expect(netmap(at('plan'))).resolves.toMatchObject({ exit: 0, out: 'no changes\n' });

  const { node: b } = await addNode(network, { name: NAME_B }, settingsAt(systemClock, randomBytes));
  await publishNodeInfo(b, network.nodes);
  const joins = `${NAME_B} joins at 127.0.0.1:${b.ports.p2p}, because the network map names it (touches nobody else)\n`;
  await expect(netmap(at('plan'))).resolves.toMatchObject({ exit: 3, out: joins });
  expect((await netmap(at('send', '--to', NAME_B, '--body', 'x'))).exit).toBe(1);

  const applied = await netmap(at('apply'));
  expect(applied).toMatchObject({ exit: 0, out: expect.stringMatching(/live and proven after \d+ ms/) as string });
  expect(applied.out.startsWith(joins)).toBe(true);
  await expect(netmap(at('plan'))).resolves.toMatchObject({ exit: 0, out: 'no changes\n' });
  expect((await netmap(at('send', '--to', NAME_B, '--body', 'x'))).exit).toBe(0);

  await rm(join(a.files.map, mapFileName(b.alias)));
  const left = await netmap(at('apply', '--json'));
  expect(left.exit).toBe(0);
  expect(JSON.parse(left.out)).toMatchObject({ outcome: 'live', changes: [{ kind: 'peer-leaves', subject: NAME_B }] });
});

test('an input that cannot be used is told, and changes nothing', async () => {
  const bad = join(a.files.map, 'bad.json');
  await writeFile(bad, 'no NodeInfo');
  const plan = await netmap(at('plan'));
  expect(plan.exit).toBe(3);
  expect(plan.out).toContain('parked inputs:\n  bad.json: ');
  const applied = await netmap(at('apply', '--json'));
  expect(applied.exit).toBe(3);
  expect(JSON.parse(applied.out)).toMatchObject({ changes: [], parked: [{ origin: 'bad.json' }] });
  await rm(bad);
});

test('a broker that does not run gets its files', async () => {
  await child.stop();
  const xml = join(a.files.folder, 'broker', 'etc', 'broker.xml');
  await rm(xml);
  const prepared = await netmap(at('apply'));
  expect(prepared.exit).toBe(4);
  expect(prepared.out).toContain('the broker does not run: its files are written');
  await expect(readFile(xml, 'utf8')).resolves.toContain('<acceptors>');
});
