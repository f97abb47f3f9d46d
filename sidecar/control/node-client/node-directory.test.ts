import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../config/load-config';
import { addNode, publishNodeInfo } from '../../dev-network/add-node';
import { createDevNetwork } from '../../dev-network/create-dev-network';
import { settingsAt, type DevNetwork } from '../../dev-network/dev-network';
import { ManualClock } from '../../lib/clock';
import { peerId } from '../../network/peer';
import { readNodeMaterial } from '../node-material';
import type { MapInput } from '../read-map';
import { StateFolder } from '../state-folder';
import { NodeDirectory } from './node-directory';

// Keys and certificates take their time on a busy machine.
jest.setTimeout(60_000);

const NAME_B = 'O=Party B, L=London, C=GB';
const NAME_C = 'O=Party C, L=Paris, C=FR';
const NOTARY = 'O=Notary, L=Zurich, C=CH';

let folder: string;
let network: DevNetwork;
let clock: ManualClock;
let input: MapInput;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-directory-'));
  clock = new ManualClock(Date.now());
  const nodes = [{ name: 'O=Party A, L=London, C=GB' }, { name: NAME_B, services: [NOTARY] }];
  network = await createDevNetwork({ ...settingsAt(clock, randomBytes), folder, nodes });
  const config = await loadConfig(network.nodes[0]?.files.config ?? '');
  input = { config, material: await readNodeMaterial(config, clock), state: new StateFolder(config.state), clock };
});
afterEach(() => rm(folder, { recursive: true }));

/** As a sidecar with this process number writes it. */
async function writeStatus(pid: number, peers: readonly { id: string; name: string }[]): Promise<void> {
  await mkdir(input.config.state, { recursive: true });
  await writeFile(join(input.config.state, 'status.json'), JSON.stringify({ pid, peers }));
}

/** One more node on the map of A; answers its id. */
async function addC(): Promise<string> {
  const { node } = await addNode(network, { name: NAME_C }, settingsAt(clock, randomBytes));
  await publishNodeInfo(node, network.nodes);
  return peerId((await readNodeMaterial(await loadConfig(node.files.config), clock)).own);
}

test('without a sidecar the map is read', async () => {
  const directory = new NodeDirectory(input);
  const { id } = await directory.find(NAME_B);
  await expect(directory.nameOf(id)).resolves.toBe(NAME_B);
  await expect(directory.find(NOTARY)).resolves.toMatchObject({ kind: 'service' });
});

test('where a sidecar runs its words are taken, and the map is read for what it does not say', async () => {
  await writeStatus(process.pid, [{ id: 'DLtold', name: 'O=Told, L=Rome, C=IT' }]);
  const directory = new NodeDirectory(input);
  await expect(directory.find('O=Told, L=Rome, C=IT')).resolves.toMatchObject({ id: 'DLtold' });
  await expect(directory.nameOf('DLtold')).resolves.toBe('O=Told, L=Rome, C=IT');
  await expect(directory.find(NOTARY)).resolves.toMatchObject({ kind: 'service' });
});

test('words of a sidecar that has gone are not taken', async () => {
  // No process has a number as high.
  await writeStatus(2 ** 30, [{ id: 'DLtold', name: 'O=Told, L=Rome, C=IT' }]);
  await expect(new NodeDirectory(input).nameOf('DLtold')).resolves.toBeUndefined();
});

test('who joins is known: at once by the status, without one at most every ten seconds', async () => {
  const directory = new NodeDirectory(input);
  await expect(directory.nameOf('DLnobody')).resolves.toBeUndefined();
  const id = await addC();
  await expect(directory.nameOf(id)).resolves.toBeUndefined();
  await clock.advance(10_000);
  await expect(directory.nameOf(id)).resolves.toBe(NAME_C);
  await writeStatus(process.pid, [{ id: 'DLnew', name: 'O=New, L=Rome, C=IT' }]);
  await expect(directory.nameOf('DLnew')).resolves.toBe('O=New, L=Rome, C=IT');
});

test('whom nobody knows is refused', async () => {
  await writeStatus(process.pid, []);
  const directory = new NodeDirectory(input);
  await expect(directory.find('Party B')).rejects.toMatchObject({
    code: 'PEER_UNKNOWN',
    remedy: `did you mean "${NAME_B}"?`,
  });
  expect(() => directory.findOwn(NAME_B)).toThrow('names nobody');
});
