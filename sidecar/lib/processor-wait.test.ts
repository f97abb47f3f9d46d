import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitedForProcessor } from './processor-wait';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'processor-wait-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function said(text: string): Promise<number | undefined> {
  const file = join(folder, 'schedstat');
  await writeFile(file, text);
  return waitedForProcessor(file);
}

test('the second number is the time without a processor, in nanoseconds', async () => {
  expect(await said('364797367 207518247 401\n')).toBe(207.518247);
});

test('a system that does not tell', async () => {
  expect(await said('')).toBeUndefined();
  expect(await said('one two three\n')).toBeUndefined();
  expect(waitedForProcessor(join(folder, 'none'))).toBeUndefined();
});
