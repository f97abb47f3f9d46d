import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ManualClock } from '../lib/clock';
import { runCli } from './main';

const NOW = Date.UTC(2026, 0, 1);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-pause-'));
  const certificates = 'certificates: { key: { file: key }, chain: chain, roots: roots }';
  const text = `node: { nodeInfo: own }\n${certificates}\nsources: [{ directory: { path: map } }]\n`;
  await writeFile(join(folder, 'netmap.yaml'), text);
});
afterEach(() => rm(folder, { recursive: true }));

async function cli(...words: string[]) {
  let [out, err] = ['', ''];
  const exit = await runCli([...words, '--config', join(folder, 'netmap.yaml')], {
    stdin: Readable.from([]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    environment: {},
    clock: new ManualClock(NOW),
    onInterrupt: () => () => undefined,
  });
  return { exit, out, err };
}

const kept = async (): Promise<unknown> => JSON.parse(await readFile(join(folder, 'state', 'pause.json'), 'utf8'));

test.each([
  [[], undefined],
  [['--for', '2h'], NOW + 7_200_000],
  [['--for', '1d'], NOW + 86_400_000],
  [['--until', '2026-01-01T06:00:00Z'], NOW + 21_600_000],
])('pause %j, and resume', async (words, until) => {
  const paused = await cli('pause', ...words);
  expect(paused).toMatchObject({ exit: 0, err: '', out: expect.stringContaining('no sidecar runs') as unknown });
  expect(await kept()).toEqual({ since: NOW, ...(until === undefined ? {} : { until }) });
  expect(await cli('resume')).toMatchObject({ exit: 0, out: 'goes on\n' });
  expect(await cli('resume')).toMatchObject({ exit: 0, out: 'was not paused\n' });
});

test('resume lets through what waits for a maintenance window, where there are any', async () => {
  await appendFile(join(folder, 'netmap.yaml'), 'maintenance: [{ from: 02:00, until: 04:00 }]\n');
  const out = 'was not paused; what waited for a maintenance window goes live\n';
  expect(await cli('resume')).toMatchObject({ exit: 0, out, err: '' });
  expect(JSON.parse(await readFile(join(folder, 'state', 'release.json'), 'utf8'))).toEqual({ at: NOW });
});

test.each([
  ['--for', '2'],
  ['--for', '0h'],
  ['--for', '2026-01-01'],
  ['--until', 'tomorrow'],
  ['--until', '2025-12-31'],
  ['--for', '2h', '--until', '2026-01-02'],
])('what makes no sense pauses nothing: %s %s', async (...words) => {
  expect((await cli('pause', ...words)).exit).toBe(2);
  await expect(kept()).rejects.toThrow('ENOENT');
});
