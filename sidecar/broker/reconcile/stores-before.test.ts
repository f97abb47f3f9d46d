import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoresBefore } from './stores-before';

let folder: string;
let file: string;
let before: StoresBefore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stores-before-'));
  file = join(folder, 'stores-before.json');
  before = new StoresBefore(file);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('what is kept is read again, by its owner alone, until it is forgotten', async () => {
  expect(await before.read()).toBeUndefined();
  const stores = [{ path: 'etc/stores/node.pem', content: 'a key\n' }];
  await before.keep(stores);
  expect([await before.read(), (await stat(file)).mode & 0o777]).toEqual([stores, 0o600]);
  await before.forget();
  expect([await before.read(), await readdir(folder)]).toEqual([undefined, []]);
  await before.forget();
});

test.each(['', '{', '{}', '[1]', '[{"path":"a"}]', '[null]'])('%j is nothing that was kept', async (content) => {
  await writeFile(file, content);
  expect(await before.read()).toBeUndefined();
});
