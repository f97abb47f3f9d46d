import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../lib/clock';
import type { SourcedPeer } from '../network/merge';
import type { MapSnapshot, MapSource, SnapshotListener } from '../sources/source';
import { PausableSource } from './pausable-source';
import { ReleaseFile } from './maintenance/release-file';
import { PauseFile, type Pause } from './pause-file';

const peers = (...names: string[]): SourcedPeer[] =>
  names.map((origin) => {
    const name = { key: () => origin };
    return {
      origin,
      peer: { identities: [{ id: origin, name }], services: [], addresses: [] },
    } as unknown as SourcedPeer;
  });
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

describe('maintenance windows', () => {
  let isOpen: boolean;
  let released: number | undefined;
  const windows = { isOpen: () => isOpen, nextOpening: () => Date.UTC(2030, 0, 5, 1) };
  beforeEach(async () => {
    [isOpen, released] = [false, undefined];
    const maintenance = { windows, released: () => Promise.resolve(released), ownId: 'me' };
    source = new PausableSource({ source: inner, pause: () => Promise.resolve(pause), clock, maintenance });
    await start();
  });
  const WAITS =
    'maintenance window: of the network map 1 who join wait for the maintenance window of 2030-01-05T01:00Z';

  test('outside of them who joins waits, with the time of the next; who leaves does not', async () => {
    expect([names(), parked()]).toEqual([['a'], []]);
    inner.give(snapshot('a', 'b'));
    expect([names(), parked()]).toEqual([['a'], [WAITS]]);
    const [since] = source.snapshot().parked.map((one) => one.since);
    await clock.advance(60_000);
    inner.give(snapshot('c'));
    expect([names(), parked()]).toEqual([[], [WAITS]]);
    expect(source.snapshot().parked[0]?.since).toBe(since);
  });

  test('what waits goes through when one opens, and nothing waits while it is open', async () => {
    inner.give(snapshot('a', 'b'));
    isOpen = true;
    await clock.advance(1_000);
    expect([names(), parked()]).toEqual([['a', 'b'], []]);
    inner.give(snapshot('a', 'b', 'c'));
    expect(names()).toEqual(['a', 'b', 'c']);
    isOpen = false;
    inner.give(snapshot('a', 'b', 'c', 'd'));
    expect([names(), parked()]).toEqual([['a', 'b', 'c'], [WAITS]]);
  });

  test('a release lets through what waits, and not what comes later', async () => {
    inner.give(snapshot('a', 'b'));
    released = clock.now();
    await clock.advance(1_000);
    expect([names(), parked()]).toEqual([['a', 'b'], []]);
    inner.give(snapshot('a', 'b', 'c'));
    await clock.advance(10_000);
    expect([names(), parked()]).toEqual([['a', 'b'], [WAITS]]);
  });

  test('a pause holds in a window, too; after it the window counts', async () => {
    pause = { since: clock.now() };
    isOpen = true;
    await clock.advance(1_000);
    inner.give(snapshot('b'));
    expect(names()).toEqual(['a']);
    pause = undefined;
    isOpen = false;
    await clock.advance(1_000);
    expect([names(), parked()]).toEqual([[], [WAITS]]);
  });

  test('a node that knows nobody takes the map', () => {
    inner.give(snapshot());
    inner.give(snapshot('a', 'b'));
    expect(names()).toEqual(['a', 'b']);
  });
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

  test('a release is read as it was written', async () => {
    const file = new ReleaseFile(folder);
    expect(await file.read()).toBeUndefined();
    await file.write(7);
    expect(await file.read()).toBe(7);
    await writeFile(join(folder, 'release.json'), '{}');
    await expect(file.read()).rejects.toMatchObject({ code: 'NODE_STATE' });
  });

  test.each(['{', '{}', '{"since":1,"until":"x"}', 'null'])('damaged: %s', async (text) => {
    await writeFile(join(folder, 'pause.json'), text);
    await expect(new PauseFile(folder).read(0)).rejects.toMatchObject({ code: 'NODE_STATE' });
  });
});
