import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RenderedFile } from '../../render/rendered-file';
import { fileChange } from './file-change';
import { InstanceFiles } from './instance-files';

let folder: string;
let reloads: string[];

const file = (path: string, content: string, secret = false): RenderedFile => ({
  path,
  content,
  effect: 'reload',
  secret,
});
const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');

const changeOf = (wanted: RenderedFile[], reload = async (): Promise<void> => undefined) =>
  fileChange({
    kind: 'write-configuration',
    what: 'files',
    why: 'test',
    blast: 'nothing',
    files: new InstanceFiles(folder),
    wanted,
    reload: async () => {
      reloads.push(await read('etc/a'));
      await reload();
    },
    verify: async () => undefined,
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-files-'));
  reloads = [];
  await new InstanceFiles(folder).prepare();
  await writeFile(join(folder, 'etc/a'), 'old');
});
afterEach(() => rm(folder, { recursive: true }));

test('all files are in place before they are read', async () => {
  await changeOf([file('etc/a', 'new'), file('etc/deep/er/b', 'b')]).apply();
  expect(reloads).toEqual(['new']);
  expect(await read('etc/deep/er/b')).toBe('b');
});

test('undone, old content is back, new files are gone, and the broker has read that', async () => {
  const change = changeOf([file('etc/a', 'new'), file('etc/b', 'b')]);
  await change.apply();
  await change.undo();
  expect(reloads).toEqual(['new', 'old']);
  expect(await read('etc/a')).toBe('old');
  await expect(read('etc/b')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('undone after a failure half way, only what was touched is put back', async () => {
  await writeFile(join(folder, 'etc/taken'), '');
  const change = changeOf([file('etc/a', 'new'), file('etc/taken/b', 'b')]);
  await expect(change.apply()).rejects.toMatchObject({ code: 'ENOTDIR' });
  await change.undo().catch(() => undefined);
  expect(await read('etc/a')).toBe('old');
});

test('undone before anything was done, nothing is read again', async () => {
  await changeOf([]).undo();
  expect(reloads).toEqual([]);
});

test('without files the broker reads what is there again', async () => {
  await changeOf([]).apply();
  expect(reloads).toEqual(['old']);
});

describe('instance files', () => {
  test('those that differ or are missing are found, in the order given', async () => {
    const files = new InstanceFiles(folder);
    const wanted = [file('etc/missing', ''), file('etc/a', 'old'), file('etc/b', 'b')];
    expect((await files.differing(wanted)).map(({ path }) => path)).toEqual(['etc/missing', 'etc/b']);
  });

  test('secrets are for their owner only, and so is the folder', async () => {
    const files = new InstanceFiles(folder);
    await files.write('etc/secret', 'x', true);
    await files.write('etc/open', 'x', false);
    const mode = async (path: string): Promise<number> => (await stat(join(folder, path))).mode & 0o777;
    expect([await mode('etc/secret'), await mode('etc/open'), await mode('.')]).toEqual([0o600, 0o644, 0o700]);
  });

  test('of a broker that runs elsewhere only etc is made, and its folder is left alone', async () => {
    const instance = join(folder, 'shared');
    await mkdir(instance, { mode: 0o755 });
    await new InstanceFiles(instance, true).prepare();
    expect(await readdir(instance)).toEqual(['etc']);
    expect((await stat(instance)).mode & 0o777).toBe(0o755);
  });

  test('what cannot be read is told, what is not there is not', async () => {
    const files = new InstanceFiles(folder);
    expect(await files.read('etc/none')).toBeUndefined();
    await expect(files.read('etc')).rejects.toMatchObject({ code: 'EISDIR' });
    await files.remove('etc/none');
  });
});
