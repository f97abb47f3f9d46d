import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from './journal';
import { isEndMark, type JournalEnd } from './journal-end';
import { readJournalLines } from './journal-lines';

interface Event {
  readonly number: number;
  readonly text: string;
}

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  file = join(folder, 'journal');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const batches: Event[][] = Array.from({ length: 12 }, (_, batch) =>
  Array.from({ length: 1 + (batch % 3) }, (_, index) => ({ number: batch * 10 + index, text: 'ü'.repeat(batch * 7) })),
);

async function written(): Promise<{ readonly bytes: Buffer; readonly ends: readonly number[] }> {
  const { journal } = await Journal.open<Event>(file);
  const ends = [journal.bytes];
  for (const batch of batches) {
    await journal.append(batch);
    ends.push(journal.bytes);
  }
  await journal.close();
  return { bytes: await readFile(file), ends };
}

async function readBack(): Promise<{ readonly events: Event[]; readonly cutBytes: number }> {
  const { journal, events, cutBytes } = await Journal.open<Event>(file);
  await journal.close();
  return { events, cutBytes };
}

test('what was appended is there again', async () => {
  await written();
  expect(await readBack()).toEqual({ events: batches.flat(), cutBytes: 0 });
});

test('cut at any place behind the header it keeps whole appends alone, and goes on from there', async () => {
  const { bytes, ends } = await written();
  const [header = 0] = ends;
  const places = Array.from({ length: bytes.length }, (_, at) => at).filter((at) => at >= header && at % 64 === 0);
  expect(places.length).toBeGreaterThan(20);
  for (const place of [...places, ...ends]) {
    await writeFile(file, bytes.subarray(0, place));
    const whole = ends.filter((end) => end <= place).length - 1;
    const { journal, events, cutBytes } = await Journal.open<Event>(file);
    expect(events).toEqual(batches.slice(0, whole).flat());
    expect(cutBytes).toBe(place - (ends[whole] ?? 0));
    await journal.append([{ number: 999, text: 'after' }]);
    await journal.close();
    expect((await readBack()).events).toEqual([...events, { number: 999, text: 'after' }]);
  }
});

test('a journal without its whole first line is not taken for a new one', async () => {
  const { bytes, ends } = await written();
  for (const length of [0, 1, (ends[0] ?? 0) - 1]) {
    await writeFile(file, bytes.subarray(0, length));
    await expect(Journal.open(file)).rejects.toMatchObject({ code: 'STORE_FORMAT' });
    expect(await readFile(file)).toHaveLength(length);
  }
});

test('any byte changed before the last line stops it, and the file stays as it is', async () => {
  const { bytes, ends } = await written();
  for (let place = 0; place < (ends.at(-2) ?? 0); place += 13) {
    const broken = Buffer.from(bytes);
    broken[place] = (broken[place] ?? 0) ^ 0x01;
    await writeFile(file, broken);
    await expect(Journal.open(file)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(await readFile(file)).toEqual(broken);
  }
});

test('a line that is missing, or there twice, is damage', async () => {
  const { bytes, ends } = await written();
  const [, first = 0, second = 0, third = 0] = ends;
  for (const parts of [
    [bytes.subarray(0, first), bytes.subarray(second)],
    [bytes.subarray(0, second), bytes.subarray(first)],
    [bytes.subarray(0, first), bytes.subarray(second, third), bytes.subarray(first, second), bytes.subarray(third)],
  ]) {
    await writeFile(file, Buffer.concat(parts));
    await expect(Journal.open(file)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  }
});

test('a file of another kind is refused', async () => {
  await writeFile(file, 'something else\n');
  await expect(Journal.open(file)).rejects.toMatchObject({ code: 'STORE_FORMAT' });
});

test('rewritten it is smaller, and grows on', async () => {
  await written();
  const { journal } = await Journal.open<Event>(file);
  const before = journal.bytes;
  await journal.rewrite([{ number: 1, text: 'one' }]);
  await journal.append([{ number: 2, text: 'two' }]);
  expect(journal.bytes).toBeLessThan(before);
  await journal.close();
  expect((await readBack()).events.map(({ number }) => number)).toEqual([1, 2]);
});

test('a copy that is put in the place of a journal is read without its end mark', async () => {
  await written();
  const { journal } = await Journal.open<Event>(file);
  const copy = await journal.copy();
  await journal.close();
  await writeFile(file, copy);
  expect(await readBack()).toEqual({ events: batches.flat(), cutBytes: 0 });
});

test('a copy is whole and has an end mark, also while the journal is written anew', async () => {
  const { journal } = await Journal.open<Event>(file);
  for (let turn = 0; turn < 10; turn += 1) {
    // More than is read at once.
    await journal.append([{ number: turn, text: 'x'.repeat(5_000_000) }]);
    const kept = { number: turn, text: 'kept' };
    const copies: Buffer[] = [];
    let isNew = false;
    const writing = journal.rewrite([{ ...kept, text: 'y'.repeat(5_000_000) }]).then(() => (isNew = true));
    while (!isNew) copies.push(await journal.copy());
    await writing;
    for (const copy of copies) {
      const { values, goodBytes } = readJournalLines(copy, 'the copy');
      const end = values.at(-1);
      expect([goodBytes, isEndMark(end)]).toEqual([copy.length, true]);
      const { bytes, sha256 } = (end as { end: JournalEnd }).end;
      expect(createHash('sha256').update(copy.subarray(0, bytes)).digest('hex')).toBe(sha256);
      expect((values.slice(1, -1).flat() as Event[]).at(-1)?.number).toBe(turn);
    }
  }
  await journal.close();
  await expect(journal.copy()).rejects.toMatchObject({ code: 'STORE_FAILED' });
});

test('a folder that is not there is told', async () => {
  await expect(Journal.open(join(folder, 'missing', 'journal'))).rejects.toMatchObject({ code: 'STORE_FAILED' });
});
