import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainArtemis } from '../../sidecar/broker/obtain';
import { ARTEMIS_VERSION } from '../../sidecar/broker/obtain-home';
import { packageRoot } from '../../sidecar/lib/package-root';

jest.setTimeout(600_000);

const ARCHIVE = `apache-artemis-${ARTEMIS_VERSION}-bin.tar.gz`;
let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'netmap-obtain-'));
});
afterEach(() => rm(cache, { recursive: true, maxRetries: 5 }));

function obtain(...more: string[]): { readonly exit: number | null; readonly out: string; readonly err: string } {
  const program = join(packageRoot(), 'sidecar/bin/netmap.mjs');
  const env = { ...process.env, NETMAP_CACHE: cache, ARTEMIS_HOME: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'broker', 'obtain', ...more], {
    env,
    encoding: 'utf8',
  });
  return { exit: status, out: stdout, err: stderr };
}

test('a broker that is there is taken as it is, and nothing is fetched', async () => {
  const { path, version } = await obtainArtemis({ env: process.env });
  expect(obtain('--home', path)).toEqual({ exit: 0, out: `Artemis ${version} in ${path}\n`, err: '' });
  expect(JSON.parse(obtain('--home', path, '--json').out)).toEqual({ path, version });
  expect(await readdir(cache)).toEqual([]);
});

test('a folder that holds no broker is refused, and named', async () => {
  const empty = join(cache, 'empty');
  await mkdir(empty);
  const { exit, out, err } = obtain('--home', empty);
  expect([exit, out]).toEqual([1, '']);
  expect(err).toContain(empty);
});

test('an archive of another checksum is refused, and nothing of it is unpacked', async () => {
  await writeFile(join(cache, ARCHIVE), 'no archive of that project');
  const { exit, out, err } = obtain();
  expect([exit, out]).toEqual([1, '']);
  expect(err).toMatch(/SHA-512/);
  expect(await readdir(cache)).toEqual([ARCHIVE]);
});

const hasMaven = spawnSync('mvn', ['--version']).status === 0;
const where = hasMaven ? '' : ' [needs Maven, which knows how to get the archive here]';
(hasMaven ? test : test.skip)(`it is fetched, checked and unpacked once, and found the next time${where}`, () => {
  const path = join(cache, `apache-artemis-${ARTEMIS_VERSION}`);
  const said = `Artemis ${ARTEMIS_VERSION} in ${path}\n`;
  expect(obtain()).toMatchObject({ exit: 0, out: said });
  expect(obtain()).toEqual({ exit: 0, out: said, err: '' });
});
