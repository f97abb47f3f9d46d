import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../sidecar/config/load-config';
import { unpackBackup } from '../../sidecar/control/backup/archive';
import { restoreNodeBackup } from '../../sidecar/control/backup/restore-backup';
import { DecisionsFile } from '../../sidecar/control/decisions-file';
import { DeparturesFile } from '../../sidecar/control/departures-file';
import { PauseFile } from '../../sidecar/control/pause-file';
import { previewPlan } from '../../sidecar/control/preview-plan';
import { StateFolder } from '../../sidecar/control/state-folder';
import { ManualClock } from '../../sidecar/lib/clock';
import { packageRoot } from '../../sidecar/lib/package-root';

const fixture = join(packageRoot(), 'test/fixtures/state-0.1.0');
let folder: string;
let at: number;

/** What a node of 0.1.0 had, put back by the program as it is now (test/fixtures/make-state.sh). */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upgrade-state-'));
  const { manifest } = await restoreNodeBackup({
    file: join(fixture, 'node.tar.gz'),
    configFile: join(folder, 'netmap.yaml'),
    mayOverwrite: false,
    passphrase: () => Promise.reject(new Error('it is not encrypted')),
    newName: () => 'before',
  });
  at = Date.parse(manifest.at);
  await writeFile(join(folder, 'state/status.json'), await readFile(join(fixture, 'status.json')));
});
afterAll(() => rm(folder, { recursive: true }));

test('the backup of 0.1.0 is put back to the last byte', async () => {
  const file = join(fixture, 'node.tar.gz');
  const { files } = await unpackBackup(await readFile(file), file);
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['netmap.yaml', 'state/applied.json']));
  for (const { path, bytes } of files) expect(bytes.equals(await readFile(join(folder, path)))).toBe(true);
});

test('map and live plan of 0.1.0: the same peers, and no other change than of the folder', async () => {
  const config = await loadConfig(join(folder, 'netmap.yaml'));
  const { snapshot, changes } = await previewPlan(config, new ManualClock(at));
  const names = snapshot.peers.map(({ peer }) => peer.identities[0].name.toCorda());
  expect(names).toEqual(['O=Party A, L=London, C=GB', 'O=Party B, L=New York, C=US']);
  expect(snapshot.parked).toEqual([]);
  // It lies in another folder now; nothing else differs.
  expect(changes.map(({ subject }) => subject)).toEqual(['instance folder']);
});

test('serials, decisions, departures, the pause and the last status of 0.1.0', async () => {
  const state = join(folder, 'state');
  expect((await new StateFolder(state).readSerials()).size).toBeGreaterThanOrEqual(2);
  expect((await new DecisionsFile(state).read()).map?.digest).toMatch(/^[0-9A-F]{64}$/i);
  const departed = [...(await new DeparturesFile(state).read()).values()];
  expect(departed).toMatchObject([{ name: 'O=Party C, L=Zurich, C=CH', since: expect.any(Number) as number }]);
  expect((await new PauseFile(state).read(at))?.since).toBeGreaterThan(0);
  const found = await new StateFolder(state).readStatus();
  expect(found?.status).toMatchObject({ node: { name: 'O=Party A, L=London, C=GB' }, broker: { version: '2.56.0' } });
});
