import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeMapService } from '../../../../test/interop/fake-map-service';
import { MapWorld } from '../../../../test/interop/map-world';
import type { Certificate } from '../../../certificates/certificate';
import { loadConfig } from '../../../config/load-config';
import { createDevNetwork } from '../../../dev-network/create-dev-network';
import { settingsAt } from '../../../dev-network/dev-network';
import { systemClock } from '../../../lib/clock';
import { FolderFiles } from '../../../sources/cache/cache-files';
import { MAP_CACHE_FOLDER } from '../../map-watch';
import { readNodeMaterial } from '../../node-material';
import { peersUnder, type KeptPeersInput } from './kept-peers';

jest.setTimeout(60_000);

let folder: string;
let world: MapWorld;
let input: KeptPeersInput;
let roots: { readonly old: Certificate; readonly new: Certificate };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-peers-'));
  const { nodes } = await createDevNetwork({
    folder,
    nodes: [{ name: 'O=Own,L=Rome,C=IT', ports: { p2p: 21_000, node: 21_001, rpc: 21_002, rpcAdmin: 21_003 } }],
    ...settingsAt(systemClock, randomBytes),
  });
  world = await MapWorld.of('json', 'A', 'B');
  const other = new FakeMapService('json');
  world.service.nodes.push(await other.node('C'));
  await world.service.publishMap();
  roots = { old: world.service.network.root.certificate, new: other.network.root.certificate };
  const own = await loadConfig(nodes[0]?.files.config ?? '');
  const networkMap = { url: world.service.url, format: 'json', minPollSeconds: 30, maxPollSeconds: 60 } as const;
  const config = { ...own, sources: [{ networkMap }], state: join(folder, 'state') };
  await world.begin({ roots: [roots.old, roots.new] }, new FolderFiles(join(config.state, MAP_CACHE_FOLDER)));
  input = { config, material: await readNodeMaterial(own, systemClock), clock: world.clock };
});
afterAll(async () => {
  await world.end();
  await rm(folder, { recursive: true, force: true });
});

async function under(...trusted: Certificate[]) {
  const { peers, map } = await peersUnder(trusted, input);
  return {
    names: [...peers.values()].map(({ identities: [{ name }] }) => name.toCorda()).sort(),
    map: map?.code,
  };
}

const named = (...parties: string[]): string[] => parties.map((party) => `O=${party}, L=Rome, C=IT`);

test('by both roots: all of them', async () => {
  expect(await under(roots.old, roots.new)).toEqual({ names: named('A', 'B', 'C'), map: undefined });
});

test('by the root of the map: those that are of it', async () => {
  expect(await under(roots.old)).toEqual({ names: named('A', 'B'), map: undefined });
});

test('by the other root: not the map, and whom of it one by one', async () => {
  expect(await under(roots.new)).toEqual({ names: named('C'), map: 'MAP_CACHE_DAMAGED' });
});
