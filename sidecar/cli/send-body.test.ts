import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { openBodies, openSources, type BodyOptions } from './send-body';

let folder: string;
let file: string;
let other: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-body-'));
  file = join(folder, 'body');
  other = join(folder, 'other');
  await writeFile(file, 'from a file');
  await writeFile(other, 'a\r\n\nb');
});
afterEach(() => rm(folder, { recursive: true }));

const input = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

const from = (stdin = input()) => ({ stdin, signal: new AbortController().signal });

async function bodies(options: Partial<BodyOptions>, stdin = input(), maxBytes = 100) {
  const { total, all } = await openBodies({ lines: false, count: 1, ...options }, from(stdin), maxBytes);
  const read: string[] = [];
  for await (const body of all) read.push(body.toString());
  return { total, read };
}

test('from the option, a file or standard input', async () => {
  await expect(bodies({ body: 'ä' }, input(), 2)).resolves.toEqual({ total: 1, read: ['ä'] });
  await expect(bodies({ file: [file] }, input(), 11)).resolves.toEqual({ total: 1, read: ['from a file'] });
  await expect(bodies({}, input('from ', 'a pipe'), 11)).resolves.toEqual({ total: 1, read: ['from a pipe'] });
});

test('each of several files, and each so many times', async () => {
  await expect(bodies({ file: [other, file] })).resolves.toEqual({ total: 2, read: ['a\r\n\nb', 'from a file'] });
  await expect(bodies({ file: [file, other], count: 2 })).resolves.toMatchObject({
    total: 4,
    read: ['from a file', 'from a file', 'a\r\n\nb', 'a\r\n\nb'],
  });
});

test('each line of standard input or of files', async () => {
  await expect(bodies({ lines: true }, input('on', 'e\ntwo\n\nfour', '\r\n'))).resolves.toEqual({
    total: undefined,
    read: ['one', 'two', '', 'four'],
  });
  await expect(bodies({ lines: true, file: [other, file] })).resolves.toMatchObject({
    read: ['a', '', 'b', 'from a file'],
  });
});

test('what is larger than a message may be is refused, and a pipe is not read further', async () => {
  await expect(bodies({ body: 'ä' }, input(), 1)).rejects.toThrow('--body is larger than a message may be, 1 bytes');
  await expect(bodies({ file: [other, file] }, input(), 10)).rejects.toThrow(`${file} is larger`);
  let read = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) {
        read += 1;
        yield Buffer.alloc(100);
      }
    })(),
  );
  await expect(bodies({}, endless, 1000)).rejects.toThrow('standard input is larger');
  expect(read).toBeLessThan(100);
});

test('a line that is too long is named; one that is as long as allowed is not', async () => {
  await expect(bodies({ lines: true }, input('12345\r\n12345\n'), 5)).resolves.toMatchObject({
    read: ['12345', '12345'],
  });
  await expect(bodies({ lines: true }, input('1\n1234', '56\n'), 5)).rejects.toThrow(
    'line 2 of standard input is larger than a message may be, 5 bytes',
  );
  await expect(bodies({ lines: true }, input('123456'), 5)).rejects.toThrow('line 1 of standard input');
});

test('lines are not read ahead of who takes them', async () => {
  let read = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) {
        read += 1;
        yield Buffer.from('x\n'.repeat(100));
      }
    })(),
  );
  const { all } = await openBodies({ lines: true, count: 1 }, from(endless), 10);
  let taken = 0;
  for await (const line of all) {
    expect(line.toString()).toBe('x');
    taken += 1;
    if (taken === 300) break;
  }
  expect(read).toBeLessThan(50);
});

test('a file that cannot be read is named, before anything is sent', async () => {
  const missing = join(folder, 'missing');
  await expect(openBodies({ file: [file, missing], lines: false, count: 1 }, from(), 100)).rejects.toMatchObject({
    code: 'CONFIG_MISSING',
    message: expect.stringContaining(missing) as string,
  });
  await expect(openBodies({ file: [missing], lines: true, count: 1 }, from(), 100)).rejects.toMatchObject({
    code: 'CONFIG_MISSING',
  });
  await expect(openSources([file, folder], input())).rejects.toMatchObject({ code: 'CONFIG_MISSING' });
});

test('sources of streams are read one after the other, with their sizes', async () => {
  const sources = await openSources([file, other], input());
  expect(sources.map(({ bytes }) => bytes)).toEqual([11, 5]);
  const [only, ...more] = await openSources(undefined, input('from a pipe'));
  expect([only?.bytes, more]).toEqual([undefined, []]);
});

test('standard input that says nothing keeps nobody from giving up', async () => {
  const abort = new AbortController();
  const silent = new Readable({ read: () => undefined });
  const opened = openBodies({ lines: false, count: 1 }, { stdin: silent, signal: abort.signal }, 10);
  abort.abort(new Error('enough'));
  await expect(opened).rejects.toThrow('enough');
});
