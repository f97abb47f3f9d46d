import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untilAborted } from '../control/messages/until-aborted';
import { readChunks } from './read-chunks';

let folder: string;
let pipe: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-chunks-'));
  pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
});
afterEach(() => rm(folder, { recursive: true }));

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read).toString();
}

test('a file, and a pipe up to where its writer ends', async () => {
  const file = join(folder, 'file');
  await writeFile(file, 'from a file');
  await expect(all(readChunks(file))).resolves.toBe('from a file');
  const long = 'x'.repeat(1_000_000);
  const read = all(readChunks(pipe));
  await writeFile(pipe, long);
  expect((await read) === long).toBe(true);
});

test('a pipe without a writer keeps nobody from giving up', async () => {
  const abort = new AbortController();
  const waiting = all(untilAborted(readChunks(pipe), abort.signal));
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  // What still reads in this process ends.
  await writeFile(pipe, 'late');
});

test('what is not there is an error', async () => {
  await expect(all(readChunks(join(folder, 'none')))).rejects.toThrow('ENOENT');
});
