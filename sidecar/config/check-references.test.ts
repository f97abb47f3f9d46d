import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkReferences } from './check-references';
import { parseConfig } from './load-config';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-references-'));
});
afterEach(() => rm(folder, { recursive: true }));

const TEXT = `node: { nodeInfo: own }
certificates: { key: { file: key }, chain: chain, roots: roots }
sources: [{ directory: { path: map } }]
rpc: { users: users.yaml }
acceptors: { rpc: { tls: { key: { env: NETMAP_TEST_NOT_SET }, chain: chain } } }
`;

async function complete(): Promise<void> {
  await mkdir(join(folder, 'map'));
  for (const name of ['own', 'key', 'chain', 'roots']) await writeFile(join(folder, name), name, { mode: 0o600 });
  await writeFile(join(folder, 'users.yaml'), 'users: []');
}

const settings = { environment: { NETMAP_TEST_NOT_SET: 'set' }, checkMode: true };

test('finds nothing wrong where all is there', async () => {
  await complete();
  await expect(checkReferences(parseConfig(join(folder, 'netmap.yaml'), TEXT), settings)).resolves.toEqual([]);
});

test('names each thing that is missing or wrong', async () => {
  await complete();
  await rm(join(folder, 'own'));
  await rm(join(folder, 'map'), { recursive: true });
  await writeFile(join(folder, 'map'), '');
  await chmod(join(folder, 'key'), 0o644);
  await writeFile(join(folder, 'users.yaml'), 'users: 7');
  const config = parseConfig(join(folder, 'netmap.yaml'), TEXT);
  const errors = await checkReferences(config, { ...settings, environment: {} });
  expect(errors.map((error) => [error.code, error.message])).toEqual([
    ['CONFIG_MISSING', expect.stringContaining('node.nodeInfo: ')],
    ['SECRET_FILE_MODE', expect.stringContaining(join(folder, 'key'))],
    ['CONFIG_UNREADABLE', expect.stringContaining('sources[0].directory.path: ')],
    ['CONFIG_INVALID', expect.stringContaining('users.yaml:1:8')],
    ['SECRET_MISSING', expect.stringContaining('NETMAP_TEST_NOT_SET')],
  ]);
});
