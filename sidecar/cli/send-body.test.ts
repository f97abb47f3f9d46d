import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readBody } from './send-body';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-body-'));
  file = join(folder, 'body');
  await writeFile(file, 'from a file');
});
afterEach(() => rm(folder, { recursive: true }));

const input = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

test('from the option, a file or standard input', async () => {
  await expect(readBody({ body: 'ä' }, input(), 2)).resolves.toEqual(Buffer.from('ä'));
  await expect(readBody({ file }, input(), 11)).resolves.toEqual(Buffer.from('from a file'));
  await expect(readBody({}, input('from ', 'a pipe'), 11)).resolves.toEqual(Buffer.from('from a pipe'));
});

test('what is larger than a message may be is refused, and a pipe is not read further', async () => {
  await expect(readBody({ body: 'ä' }, input(), 1)).rejects.toThrow('--body is larger than a message may be, 1 bytes');
  await expect(readBody({ file }, input(), 10)).rejects.toThrow(`${file} is larger`);
  let read = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) {
        read += 1;
        yield Buffer.alloc(100);
      }
    })(),
  );
  await expect(readBody({}, endless, 1000)).rejects.toThrow('standard input is larger');
  expect(read).toBeLessThan(100);
});

test('a file that cannot be read is named', async () => {
  const missing = join(folder, 'missing');
  await expect(readBody({ file: missing }, input(), 10)).rejects.toMatchObject({
    code: 'CONFIG_MISSING',
    message: expect.stringContaining(missing) as string,
  });
  await expect(readBody({ file: folder }, input(), 100_000)).rejects.toMatchObject({ code: 'CONFIG_MISSING' });
});
