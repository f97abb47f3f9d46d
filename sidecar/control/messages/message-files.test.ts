import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReceivedStream } from '../../messaging/large/stream';
import type { ReceivedMessage } from '../../messaging/received-message';
import { MessageFiles } from './message-files';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-files-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

const base = {
  ...{ id: 'm1', sender: { id: 'DLb', name: 'O=B' }, recipient: { id: 'DLa', name: 'O=A' }, attempt: 1 },
  ...{ contentType: 'text/plain', topic: 't', headers: { k: 'v' }, duplicateId: '../../etc/x', arrivedAt: 0 },
};
const message = (more: Partial<ReceivedMessage> = {}) =>
  ({ ...base, body: Buffer.from([0, 255]), ...more }) as ReceivedMessage;

test('the body as it is, and what is known of it beside it', async () => {
  const files = await MessageFiles.open(join(folder, 'in', 'box'));
  const { file, metadata } = await files.message(message());
  expect(file).toMatch(/\/in\/box\/19700101T000000000Z-[0-9a-f]{20}\.body$/);
  expect(await readFile(file)).toEqual(Buffer.from([0, 255]));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const beside: unknown = JSON.parse(await readFile(file.replace(/body$/, 'json'), 'utf8'));
  expect(beside).toEqual(metadata);
  expect(beside).toEqual({
    ...{
      body: file.split('/').at(-1),
      bytes: 2,
      sha256: createHash('sha256')
        .update(Buffer.from([0, 255]))
        .digest('hex'),
    },
    ...{ id: 'm1', from: { id: 'DLb', name: 'O=B' }, to: { id: 'DLa', name: 'O=A' }, attempt: 1 },
    ...{ arrivedAt: '1970-01-01T00:00:00.000Z', contentType: 'text/plain', topic: 't', headers: { k: 'v' } },
    duplicateId: '../../etc/x',
  });
});

test('a message that comes again takes the place of itself; others have places of their own', async () => {
  const files = await MessageFiles.open(folder);
  await files.message(message());
  await files.message(message({ attempt: 2 }));
  expect(await readdir(folder)).toHaveLength(2);
  await files.message(message({ arrivedAt: 1 }));
  await files.message(message({ sender: { id: 'DLc', name: undefined } }));
  for (let many = 0; many < 2; many += 1)
    await files.message(message({ duplicateId: undefined, arrivedAt: undefined }));
  expect(await readdir(folder)).toHaveLength(10);
});

test('a stream, and no half of one', async () => {
  const files = await MessageFiles.open(folder);
  const stream = (broken: boolean) =>
    ({
      ...{ ...base, length: 6, sha256: 'abc', parts: 2 },
      async *stream() {
        yield Buffer.from('one');
        await Promise.resolve();
        if (broken) throw new Error('torn');
        yield Buffer.from('two');
      },
    }) as unknown as ReceivedStream;
  await expect(files.stream(stream(true))).rejects.toMatchObject({ code: 'OUT_UNUSABLE' });
  expect(await readdir(folder)).toEqual([]);
  const { file, metadata } = await files.stream(stream(false));
  expect([await readFile(file, 'utf8'), metadata.parts, metadata.sha256]).toEqual(['onetwo', 2, 'abc']);
});

test('a folder that cannot be written is named, with what to do', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(MessageFiles.open(file)).rejects.toMatchObject({
    code: 'OUT_UNUSABLE',
    message: expect.stringContaining(file) as string,
  });
  const files = await MessageFiles.open(join(folder, 'gone'));
  await rm(join(folder, 'gone'), { recursive: true });
  await expect(files.message(message())).rejects.toMatchObject({ code: 'OUT_UNUSABLE' });
});
