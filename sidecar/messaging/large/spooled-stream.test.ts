import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../lib/clock';
import { Spool } from './spool';
import { SpooledStream } from './spooled-stream';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-spool-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const opened: SpooledStream[] = [];
afterEach(() => Promise.all(opened.splice(0).map((spooled) => spooled.close())));

async function open(): Promise<SpooledStream> {
  const spooled = await SpooledStream.open(join(folder, 's'));
  opened.push(spooled);
  return spooled;
}

async function textOf(spooled: SpooledStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of spooled.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const files = async (): Promise<string[]> =>
  (await readdir(join(folder, 's'))).filter((name) => name.endsWith('.part')).map((name) => join(folder, 's', name));

test('what was put is there for the next reader, in order whatever order it came in', async () => {
  const first = await open();
  await Promise.all([first.put(2, Buffer.from('c')), first.put(0, Buffer.from('a')), first.put(1, Buffer.from('b'))]);
  await first.putEnd({ parts: 3, length: 3, sha256: 'x' });
  const next = await open();
  expect([next.isComplete, next.length, next.end, await textOf(next)]).toEqual([
    true,
    3,
    { parts: 3, length: 3, sha256: 'x' },
    'abc',
  ]);
});

test('the first of two of one number stays', async () => {
  const spooled = await open();
  await spooled.put(0, Buffer.from('a'));
  await spooled.put(0, Buffer.from('other'));
  expect([spooled.length, await textOf(spooled)]).toEqual([1, 'a']);
});

test('two readers that write at the same time break nothing', async () => {
  const [one, two] = [await open(), await open()];
  await Promise.all([one.put(0, Buffer.from('a')), two.put(0, Buffer.from('a')), two.put(1, Buffer.from('b'))]);
  await one.put(2, Buffer.from('c'));
  expect(await textOf(await open())).toBe('abc');
});

test.each<[string, (path: string, size: number) => Promise<void>]>([
  ['is cut off', (path, size) => truncate(path, size - 1)],
  ['is followed by something else', (path) => appendFile(path, 'something that is no part at all')],
  [
    'has another byte',
    async (path) => {
      const bytes = await readFile(path);
      bytes[bytes.length - 1] = 0;
      await writeFile(path, bytes);
    },
  ],
])('where the last piece %s, the pieces before it are there', async (_, harm) => {
  const first = await open();
  await first.put(0, Buffer.from('first'));
  await first.put(1, Buffer.from('second'));
  const [path = ''] = await files();
  await harm(path, (await stat(path)).size);
  const next = await open();
  expect(next.has(0)).toBe(true);
  await next.put(1, Buffer.from('second'));
  expect(await textOf(next)).toBe('firstsecond');
});

test('what was settled is known, and its bytes are gone', async () => {
  const first = await open();
  await first.put(0, Buffer.from('a'));
  expect(await first.outcome()).toBeUndefined();
  await first.settle({ how: 'failed', reason: 'bad' });
  expect([await (await open()).outcome(), await files()]).toEqual([{ how: 'failed', reason: 'bad' }, []]);
});

test('nothing is read after it is closed', async () => {
  const spooled = await open();
  await spooled.put(0, Buffer.from('a'));
  await spooled.close();
  await expect(textOf(spooled)).rejects.toMatchObject({ code: 'MESSAGE_SETTLED' });
  await expect(spooled.put(1, Buffer.from('b'))).rejects.toMatchObject({ code: 'MESSAGE_SETTLED' });
});

test('what nobody has touched for long is swept, what is in use or young is not', async () => {
  const clock = new ManualClock(Date.now());
  const spool = await Spool.open(folder, clock);
  const key = { sender: 'a', recipient: 'b', lifeMs: 1000 };
  const names: string[] = [];
  for (const id of ['old', 'used', 'young']) {
    const { spooled, release } = await spool.stream({ ...key, id });
    await spooled.close();
    if (id !== 'used') release();
    const name = (await readdir(folder)).find((each) => !names.includes(each)) ?? '';
    names.push(name);
    if (id !== 'young') await utimes(join(folder, name), 1, 1);
  }
  await writeFile(join(folder, 'not ours'), '');
  await spool.sweep();
  expect((await readdir(folder)).sort()).toEqual([...names.slice(1), 'not ours'].sort());
});
