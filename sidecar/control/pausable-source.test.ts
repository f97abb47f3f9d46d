import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../lib/clock';
import type { SourcedPeer } from '../network/merge';
import type { MapSnapshot, MapSource, SnapshotListener } from '../sources/source';
import { PausableSource } from './pausable-source';
import { PauseFile, type Pause } from './pause-file';

const peers = (...names: string[]): SourcedPeer[] => names.map((name) => ({ origin: name }) as SourcedPeer);
const snapshot = (...names: string[]): MapSnapshot => {
  return { peers: peers(...names), parked: [], serials: new Map([[names.join(''), 1n]]), revision: 1 };
};

class FakeSource implements MapSource {
  give: SnapshotListener = () => undefined;
  isStopped = false;

  start(listener: SnapshotListener): Promise<void> {
    this.give = listener;
    listener(snapshot('a'));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.isStopped = true;
    return Promise.resolve();
  }

  snapshot(): MapSnapshot {
    return { peers: [], parked: [], serials: new Map(), revision: 0 };
  }
}

let clock: ManualClock;
let inner: FakeSource;
let pause: Pause | undefined;
let given: MapSnapshot[];
let source: PausableSource;

beforeEach(() => {
  clock = new ManualClock(1_000_000);
  inner = new FakeSource();
  pause = undefined;
  given = [];
  source = new PausableSource({ source: inner, pause: () => Promise.resolve(pause), clock });
});

const start = (): Promise<void> => source.start((one) => given.push(one));
const names = (): string[] => source.snapshot().peers.map(({ origin }) => origin);
const parked = (): string[] => source.snapshot().parked.map(({ origin, error }) => `${origin}: ${error.message}`);

test('without a pause every map goes through', async () => {
  await start();
  inner.give(snapshot('a', 'b'));
  expect(names()).toEqual(['a', 'b']);
  expect([given.length, parked()]).toEqual([2, []]);
  await clock.advance(10_000);
  expect(given).toHaveLength(2);
});

test('in a pause who is on the map stays, with the serials; the newest map comes with its end', async () => {
  await start();
  pause = { since: clock.now() };
  await clock.advance(1_000);
  inner.give(snapshot('b'));
  inner.give(snapshot('b', 'c'));
  expect(names()).toEqual(['a']);
  expect([...source.snapshot().serials.keys()]).toEqual(['a']);
  expect(parked()).toEqual(['netmap pause: changes of the network map are held until netmap resume']);
  pause = undefined;
  await clock.advance(1_000);
  expect([names(), parked()]).toEqual([['b', 'c'], []]);
  expect(given.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5]);
});

test('a node that starts in a pause takes the map once', async () => {
  pause = { since: 0, until: 2_000_000 };
  await start();
  expect(names()).toEqual(['a']);
  inner.give(snapshot('b'));
  expect(names()).toEqual(['a']);
  expect(parked()[0]).toContain('1970-01-01T00:33:20.000Z');
});

test('what cannot be read changes nothing, and a stopped one looks no more', async () => {
  let isReadable = true;
  const read = (): Promise<Pause> => (isReadable ? Promise.resolve({ since: 5 }) : Promise.reject(new Error('bad')));
  source = new PausableSource({ source: inner, pause: read, clock });
  await start();
  isReadable = false;
  await clock.advance(1_000);
  inner.give(snapshot('b'));
  expect(names()).toEqual(['a']);
  await source.stop();
  expect(inner.isStopped).toBe(true);
  const before = given.length;
  await clock.advance(10_000);
  expect(given).toHaveLength(before);
});

describe('file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'netmap-pause-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('is read as it was written, until its time', async () => {
    const file = new PauseFile(folder);
    expect(await file.read(0)).toBeUndefined();
    await file.write({ since: 1, until: 10 });
    expect([await file.read(9), await file.read(10)]).toEqual([{ since: 1, until: 10 }, undefined]);
    await file.remove();
    expect(await file.read(0)).toBeUndefined();
  });

  test.each(['{', '{}', '{"since":1,"until":"x"}', 'null'])('damaged: %s', async (text) => {
    await writeFile(join(folder, 'pause.json'), text);
    await expect(new PauseFile(folder).read(0)).rejects.toMatchObject({ code: 'NODE_STATE' });
  });
});
