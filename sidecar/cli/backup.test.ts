import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DoctoredNode } from '../../test/interop/doctor/doctored-node';
import { loadConfig } from '../config/load-config';
import { previewPlan } from '../control/preview-plan';
import { StateFolder } from '../control/state-folder';
import { markOf } from '../lib/process-place';
import { systemClock } from '../lib/clock';
import { runCli } from './main';

let node: DoctoredNode;
let home: string;
let file: string;

beforeEach(async () => {
  node = await DoctoredNode.create();
  home = node.dev.files.folder;
  file = join(node.folder, 'party-a.tar.gz');
  const state = new StateFolder(join(home, 'state'));
  await state.acquire(process.pid);
  await state.writeSerials(new Map([['DLb', 7n]]));
  await state.writeApplied((await previewPlan(await loadConfig(node.dev.files.config), systemClock)).plan);
  await mkdir(join(home, 'state', 'network-map'));
  await writeFile(join(home, 'state', 'network-map', 'map-a'), 'a cache');
  await state.release();
});
afterEach(() => node.remove());

async function cli(...words: string[]) {
  let [out, err] = ['', ''];
  const exit = await runCli(words.includes('--config') ? words : [...words, '--config', node.dev.files.config], {
    stdin: Readable.from([]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    environment: {},
    clock: systemClock,
    onInterrupt: () => () => undefined,
  });
  return { exit, out, err };
}

async function contentOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = files.sort().map(async (path): Promise<[string, string]> => {
    const { mode } = await stat(path);
    return [path, `${(mode & 0o777).toString(8)} ${await readFile(path, 'base64')}`];
  });
  return Object.fromEntries(await Promise.all(pairs));
}

/** As the backup has them: what nobody names is not in it. */
async function named(folder: string): Promise<Record<string, string>> {
  const all = await contentOf(folder);
  const others = /operator-password|identity-|node-ca-key|before-restore/;
  return Object.fromEntries(Object.entries(all).filter(([path]) => !others.test(path)));
}

test('backed up, folder gone, restored: the same files and modes, and the same plan, live as before', async () => {
  const before = await named(home);
  const taken = await cli('backup', file);
  expect(taken).toMatchObject({ exit: 0, err: '', out: expect.stringContaining('NOT encrypted') as unknown });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await rm(home, { recursive: true });
  const restored = await cli('restore', file);
  expect(restored).toMatchObject({
    exit: 0,
    out: expect.stringContaining('restored: O=Party A, L=London, C=GB as of 2') as unknown,
  });
  expect(await contentOf(home)).toEqual(before);
  const { changes } = await previewPlan(await loadConfig(node.dev.files.config), systemClock);
  expect(changes).toEqual([]);
  expect(await node.causes()).toEqual([]);
});

test('tar opens it, and what is in it is listed', async () => {
  await cli('backup', file);
  const listed = execFileSync('tar', ['-tzf', file]).toString().trim().split('\n');
  expect(listed[0]).toBe('netmap-backup.json');
  expect(listed).toContain('files/certificates/tls-key.pem');
  expect(listed).toContain('files/state/network-map/map-a');
  expect(listed).not.toContain('files/state/lease');
});

test('an encrypted backup needs its passphrase', async () => {
  const passphrase = join(node.folder, 'passphrase');
  await writeFile(passphrase, 'correct horse\n', { mode: 0o600 });
  expect((await cli('backup', file, '--passphrase-file', passphrase)).exit).toBe(0);
  const bytes = await readFile(file, 'latin1');
  expect(bytes.startsWith('age-encryption.org/v1\n-> scrypt ')).toBe(true);
  await rm(home, { recursive: true });
  const wrong = join(node.folder, 'wrong');
  await writeFile(wrong, 'battery\n', { mode: 0o600 });
  expect(await cli('restore', file, '--passphrase-file', wrong)).toMatchObject({
    exit: 1,
    err: expect.stringContaining('AGE_PASSPHRASE') as unknown,
  });
  await expect(stat(home)).rejects.toThrow('ENOENT');
  expect((await cli('restore', file, '--passphrase-file', passphrase)).exit).toBe(0);
  expect((await stat(node.dev.files.tlsKey)).mode & 0o777).toBe(0o600);
});

test('nothing is overwritten without being told; then what was there is kept', async () => {
  await cli('backup', file);
  expect(await cli('backup', file)).toMatchObject({
    exit: 1,
    err: expect.stringContaining('NODE_BACKUP_EXISTS') as unknown,
  });
  await writeFile(node.dev.files.nodeInfo, 'another');
  await writeFile(join(home, 'state', 'later.json'), 'later');
  const before = await contentOf(home);
  expect(await cli('restore', file)).toMatchObject({
    exit: 1,
    err: expect.stringContaining('NODE_BACKUP_OVERWRITES') as unknown,
  });
  expect(await contentOf(home)).toEqual(before);
  const { exit, out } = await cli('restore', file, '--force', '--json');
  expect(exit).toBe(0);
  const { previous } = JSON.parse(out) as { previous: string };
  expect(await readFile(join(previous, 'state', 'later.json'), 'utf8')).toBe('later');
  expect(await readFile(join(previous, 'files', node.dev.files.nodeInfo), 'utf8')).toBe('another');
  await expect(stat(join(home, 'state', 'later.json'))).rejects.toThrow('ENOENT');
  await expect(stat(join(home, 'state', 'lease'))).rejects.toThrow('ENOENT');
});

test('while a sidecar runs nothing is restored', async () => {
  await cli('backup', file);
  // The process that runs this test's runner lives, and is another.
  await writeFile(join(home, 'state', 'lease'), JSON.stringify(await markOf(process.ppid)));
  const before = await contentOf(home);
  expect(await cli('restore', file, '--force')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('NODE_IN_USE') as unknown,
  });
  expect(await contentOf(home)).toEqual(before);
});

test.each([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 100)],
  ['changed', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 200), Buffer.from('x'), bytes.subarray(201)])],
  ['no backup', () => Buffer.from('nothing')],
  ['empty', () => Buffer.alloc(0)],
])('what is %s changes nothing', async (_, change) => {
  await cli('backup', file);
  await writeFile(file, change(await readFile(file)));
  await rm(home, { recursive: true });
  const { exit, err } = await cli('restore', file);
  expect(exit).toBe(1);
  expect(err).toMatch(/NODE_BACKUP_(?:DAMAGED|FORMAT)/);
  await expect(stat(home)).rejects.toThrow('ENOENT');
});

test('a step that fails is taken back', async () => {
  await cli('backup', file);
  await rm(node.dev.files.map, { recursive: true });
  // A file is in the place of a folder that has to be made.
  await writeFile(node.dev.files.map, '');
  const before = await contentOf(home);
  const { exit, err } = await cli('restore', file, '--force');
  expect({ exit, failed: /NODE_BACKUP_WRITE|ENOTDIR/.test(err) }).toEqual({ exit: 1, failed: true });
  expect(await contentOf(home)).toEqual(before);
});

test('into another folder, with another name', async () => {
  await cli('backup', file);
  const other = join(node.folder, 'elsewhere', 'node.yaml');
  const { exit } = await cli('restore', file, '--config', other);
  expect(exit).toBe(0);
  expect((await loadConfig(other)).state).toBe(join(node.folder, 'elsewhere', 'state'));
});
