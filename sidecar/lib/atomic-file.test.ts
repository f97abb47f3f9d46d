import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeUnfinished, writeFileAtomic } from './atomic-file';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-file-'));
  file = join(folder, 'users.properties');
});
afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (): Promise<number> => (await stat(file)).mode & 0o777;

it('writes text and bytes, with the mode given whatever the umask', async () => {
  const before = process.umask(0o077);
  try {
    expect(await writeFileAtomic(file, 'ä')).toBe(true);
    expect(await modeOf()).toBe(0o644);
    expect(await writeFileAtomic(file, Uint8Array.of(0, 255), { mode: 0o600 })).toBe(true);
  } finally {
    process.umask(before);
  }
  expect(await modeOf()).toBe(0o600);
  expect([...(await readFile(file))]).toEqual([0, 255]);
  expect(await readdir(folder)).toEqual(['users.properties']);
});

it('leaves equal content and its time alone, but sets the mode right', async () => {
  await writeFileAtomic(file, 'same');
  await utimes(file, 1_000, 1_000);
  await chmod(file, 0o666);
  expect(await writeFileAtomic(file, 'same', { mode: 0o600 })).toBe(false);
  expect((await stat(file)).mtimeMs).toBe(1_000_000);
  expect(await modeOf()).toBe(0o600);
});

it.each([
  ['in the past', -3_600],
  ['now', 0],
  ['in the future', 3_600],
])('makes the time grow when the old one lies %s', async (_, offset) => {
  await writeFile(file, 'old');
  const old = Date.now() / 1000 + offset;
  await utimes(file, old, old);
  const before = Math.floor((await stat(file)).mtimeMs);
  for (const content of ['one', 'two', 'three']) await writeFileAtomic(file, content);
  expect(Math.floor((await stat(file)).mtimeMs)).toBeGreaterThan(before);
});

it('makes the time grow with each of several quick changes, by whole milliseconds', async () => {
  const times: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    await writeFileAtomic(file, String(turn));
    times.push(Math.floor((await stat(file)).mtimeMs));
  }
  expect(new Set(times).size).toBe(20);
  expect([...times].sort((a, b) => a - b)).toEqual(times);
});

it('leaves no rest behind when it fails', async () => {
  await mkdir(file);
  await writeFile(join(file, 'inside'), '');
  await expect(writeFileAtomic(join(folder, 'none', 'x'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(writeFileAtomic(file, 'x')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(await readdir(folder)).toEqual(['users.properties']);
});

it('removes what a killed writer has left, and nothing else', async () => {
  const others = ['users.properties', '.hidden', 'x.tmp', '.name.tmp'];
  for (const name of [...others, `.${randomUUID()}.tmp`, `.${randomUUID()}.tmp`])
    await writeFile(join(folder, name), '');
  await removeUnfinished(folder);
  expect((await readdir(folder)).sort()).toEqual([...others].sort());
});
