import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../config/load-config';
import { ManualClock } from '../lib/clock';
import { loadMapServiceConfig } from '../mapservice/map-service-config';
import { addNode } from './add-node';
import { createDevNetwork } from './create-dev-network';
import { settingsAt, type DevNetwork } from './dev-network';
import { mapServiceFiles } from './map-service';
import { partyName } from './names';
import { openDevNetwork } from './open-dev-network';

const settings = settingsAt(new ManualClock(Date.UTC(2026, 10, 22)), randomBytes);
const nodes = [{ name: partyName(0) }, { name: partyName(1) }];
const URL = 'http://127.0.0.1:21000';

let base: string;
let network: DevNetwork;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'dev-network-map-'));
  const ports = { basePort: 21_002, mapService: { map: 21_000, operator: 21_001 } };
  network = await createDevNetwork({ ...settings, folder: join(base, 'net'), nodes, ...ports });
});
afterAll(() => rm(base, { recursive: true, force: true }));

test('nodes know one another by the service alone', async () => {
  for (const { files } of network.nodes) {
    const { sources } = await loadConfig(files.config);
    expect(sources).toMatchObject([{ networkMap: { url: URL, format: 'json' } }]);
    expect(sources).toHaveLength(1);
    await expect(access(files.map)).rejects.toThrow('ENOENT');
  }
});

test('the configuration of the service is complete, and signs as the network says', async () => {
  const config = await loadMapServiceConfig(mapServiceFiles(network.files.network).config);
  expect([config.listen, config.operator?.port]).toEqual([{ host: '127.0.0.1', port: 21_000 }, 21_001]);
  expect(config.mapSigner.chain.at(-1)?.pem()).toBe(config.roots[0]?.pem());
});

test('a node that is added later uses the service, too', async () => {
  const opened = await openDevNetwork(network.files.folder);
  expect(opened.mapUrl).toBe(URL);
  const { node } = await addNode(opened, { name: partyName(2) }, settings);
  expect((await loadConfig(node.files.config)).sources).toMatchObject([{ networkMap: { url: URL } }]);
  expect(await readdir(node.files.folder)).not.toContain('additional-node-infos');
});

test.each([
  ['of a node', { map: 21_003, operator: 21_001 }],
  ['of the other entrance', { map: 21_000, operator: 21_000 }],
  ['out of range', { map: 0, operator: 1 }],
])('a port %s is refused, and nothing is made', async (_, mapService) => {
  const folder = join(base, 'refused');
  const made = createDevNetwork({ ...settings, folder, nodes, basePort: 21_002, mapService });
  await expect(made).rejects.toMatchObject({ code: 'DEV_NETWORK_PORTS' });
  await expect(access(folder)).rejects.toThrow('ENOENT');
});
