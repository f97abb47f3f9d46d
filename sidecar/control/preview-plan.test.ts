import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../config/load-config';
import type { Config } from '../config/config';
import { addNode, publishNodeInfo } from '../dev-network/add-node';
import { createDevNetwork } from '../dev-network/create-dev-network';
import { settingsAt, type DevNetwork } from '../dev-network/dev-network';
import { systemClock } from '../lib/clock';
import { previewPlan } from './preview-plan';
import { StateFolder } from './state-folder';

// Keys and certificates take their time on a busy machine.
jest.setTimeout(60_000);

let folder: string;
let network: DevNetwork;
let config: Config;
let state: StateFolder;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-preview-'));
  const nodes = ['A', 'B'].map((letter) => ({ name: `O=Party ${letter}, L=London, C=GB` }));
  network = await createDevNetwork({ ...settingsAt(systemClock, randomBytes), folder, nodes });
  config = await loadConfig(network.nodes[0]?.files.config ?? '');
  state = new StateFolder(config.state);
});
afterEach(() => rm(folder, { recursive: true }));

const preview = () => previewPlan(config, systemClock);

/** As after a sidecar has made it live. */
async function keepLive(): Promise<void> {
  const { plan } = await preview();
  await state.acquire(process.pid);
  await state.writeApplied(plan);
  await state.release();
}

test('everything is new before anything was live', async () => {
  const { changes, snapshot } = await preview();
  expect(changes.map(({ kind }) => kind)).toEqual(['broker-appears', 'peer-joins', 'user-joins']);
  expect(snapshot.peers).toHaveLength(2);
});

test('nothing would change after the plan went live; a node that joins would', async () => {
  await keepLive();
  expect((await preview()).changes).toEqual([]);
  const { node } = await addNode(network, { name: 'O=Party C, L=Paris, C=FR' }, settingsAt(systemClock, randomBytes));
  await publishNodeInfo(node, network.nodes);
  expect((await preview()).changes).toMatchObject([
    { kind: 'peer-joins', subject: 'O=Party C, L=Paris, C=FR', blast: 'nothing' },
  ]);
});

test('a bad file of the map is told at the first look', async () => {
  await writeFile(join(network.nodes[0]?.files.map ?? '', 'bad.json'), 'no NodeInfo');
  expect((await preview()).snapshot.parked).toMatchObject([{ origin: 'bad.json' }]);
});

test('the plan that was live is for its owner alone, and is not written again', async () => {
  await keepLive();
  const file = join(config.state, 'applied.json');
  const before = await stat(file, { bigint: true });
  expect(Number(before.mode & 0o777n)).toBe(0o600);
  await keepLive();
  expect((await stat(file, { bigint: true })).ino).toBe(before.ino);
});

test('a damaged file of it is named', async () => {
  await keepLive();
  const file = join(config.state, 'applied.json');
  await writeFile(file, 'torn');
  await expect(preview()).rejects.toMatchObject({
    code: 'NODE_STATE',
    message: expect.stringContaining(file) as string,
  });
});
