import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { readSecret } from './read-secret';
import { Secret } from './secret';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-secret-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function secretFile(mode: number, text = 'hunter2\n'): Promise<string> {
  const file = join(folder, 'secret');
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

const settings = { environment: { KEY: 'from env', EMPTY: '' }, checkMode: true };

test('a secret never shows itself', () => {
  const secret = new Secret('hunter2');
  const shown = [String(secret), secret.toString(), JSON.stringify({ secret }), inspect({ secret }, { depth: 9 })];
  expect(shown.join()).not.toContain('hunter2');
  expect(shown[2]).toBe('{"secret":"***"}');
  expect(secret.reveal()).toBe('hunter2');
});

test.each([0o600, 0o400, 0o440, 0o640])('reads a file of mode %o', async (mode) => {
  const secret = await readSecret({ file: await secretFile(mode) }, settings);
  expect(secret.reveal()).toBe('hunter2');
});

test.each([0o644, 0o604, 0o660, 0o602, 0o601, 0o777])('refuses a file of mode %o', async (mode) => {
  const file = await secretFile(mode);
  await expect(readSecret({ file }, settings)).rejects.toMatchObject({
    code: 'SECRET_FILE_MODE',
    remedy: `run: chmod 600 ${file}`,
  });
});

test('judges the file that a link leads to', async () => {
  const link = join(folder, 'link');
  await symlink(await secretFile(0o644), link);
  await expect(readSecret({ file: link }, settings)).rejects.toMatchObject({ code: 'SECRET_FILE_MODE' });
});

test('does not look at modes where there are none', async () => {
  const file = await secretFile(0o644);
  await expect(readSecret({ file }, { ...settings, checkMode: false })).resolves.toBeInstanceOf(Secret);
});

test('keeps the lines within a secret', async () => {
  const file = await secretFile(0o600, 'first\nsecond\r\n');
  expect((await readSecret({ file }, settings)).reveal()).toBe('first\nsecond');
});

test('reads an environment variable', async () => {
  expect((await readSecret({ env: 'KEY' }, settings)).reveal()).toBe('from env');
});

test.each([
  ['a variable that is not set', { env: 'NONE' }, 'SECRET_MISSING'],
  ['an empty variable', { env: 'EMPTY' }, 'SECRET_MISSING'],
  ['a missing file', { file: '/nowhere/at/all' }, 'SECRET_MISSING'],
  ['a folder', { file: tmpdir() }, 'SECRET_UNREADABLE'],
  ['nothing', {}, 'SECRET_MISSING'],
])('refuses %s', async (_name, ref, code) => {
  await expect(readSecret(ref, settings)).rejects.toMatchObject({ code, remedy: expect.any(String) as string });
});

test('an empty file holds no secret', async () => {
  await expect(readSecret({ file: await secretFile(0o600, '\n') }, settings)).rejects.toMatchObject({
    code: 'SECRET_MISSING',
  });
});
