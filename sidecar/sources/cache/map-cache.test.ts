import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X500Name } from '../../certificates/x500-name';
import type { CacheFiles } from './cache-files';
import { MapCache } from './map-cache';
import type { MapEntry } from './map-entry';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'map-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function entry(hash: string, serial = 1): MapEntry {
  const identity = { id: `DL${hash}`, name: X500Name.parse(`O=Ünï ${hash}, L=Rome, C=IT`), publicKey: Buffer.of(1, 2) };
  return {
    hash,
    signed: Buffer.from(`signed ${hash}`),
    peer: {
      identities: [{ ...identity, role: 'legal' }],
      services: [{ ...identity, id: 'DLs', role: 'service' }],
      addresses: [{ host: '::1', port: 10_002 }],
      nodeCa: 'PEM',
      platformVersion: 12,
      serial: BigInt(serial) + 2n ** 62n,
    },
    validFrom: 1,
    validUntil: 2,
  };
}
const entries = (...hashes: string[]): MapEntry[] => hashes.map((hash) => entry(hash));
const hashesOf = (loaded: { entries: readonly MapEntry[] } | undefined): string[] | undefined =>
  loaded?.entries.map(({ hash }) => hash);
const path = (name: string): string => join(folder, name);
const segments = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith('entries-'));

test('before the first map there is none', async () => {
  await expect(new MapCache(path('none')).load()).resolves.toBeUndefined();
});

test('gives back what was kept, to every detail, readable by its owner alone', async () => {
  const kept = { entries: entries('A', 'B'), facts: { etag: '"1"', map: 'AAEC' } };
  await new MapCache(folder).store(kept);
  const loaded = await new MapCache(folder).load();
  expect(loaded?.facts).toEqual(kept.facts);
  expect(loaded?.entries).toEqual(kept.entries);
  expect(loaded?.entries[0]?.peer.identities[0].name.equals(kept.entries[0]?.peer.identities[0].name as never)).toBe(
    true,
  );
  for (const name of await readdir(folder)) expect((await stat(path(name))).mode & 0o077).toBe(0);
});

test('a new entry costs a segment of its own; what no generation names goes', async () => {
  const cache = new MapCache(folder);
  await cache.store({ entries: entries('A', 'B'), facts: {} });
  const [first = ''] = await segments();
  const before = await stat(path(first));
  await cache.store({ entries: entries('A', 'B', 'C'), facts: {} });
  expect(await segments()).toHaveLength(2);
  expect((await stat(path(first))).mtimeMs).toBe(before.mtimeMs);
  await cache.store({ entries: entries('C'), facts: {} });
  await cache.store({ entries: entries('C'), facts: {} });
  expect(await segments()).toHaveLength(1);
  expect(hashesOf(await new MapCache(folder).load())).toEqual(['C']);
});

test('an entry that comes back is known still', async () => {
  const cache = new MapCache(folder);
  await cache.store({ entries: entries('A', 'B'), facts: {} });
  await cache.store({ entries: entries('A'), facts: {} });
  await cache.store({ entries: entries('A', 'B'), facts: {} });
  expect(await segments()).toHaveLength(1);
});

test('many small segments are put together', async () => {
  const cache = new MapCache(folder);
  const all: MapEntry[] = [];
  for (let count = 0; count < 80; count += 1) {
    all.push(entry(String(count)));
    await cache.store({ entries: all, facts: { count } });
  }
  expect((await segments()).length).toBeLessThan(60);
  expect(hashesOf(await new MapCache(folder).load())).toEqual(all.map(({ hash }) => hash));
});

test('many entries are spread over several segments', async () => {
  const all = Array.from({ length: 2500 }, (_, index) => entry(String(index)));
  await new MapCache(folder).store({ entries: all, facts: {} });
  expect(await segments()).toHaveLength(3);
  expect(hashesOf(await new MapCache(folder).load())).toEqual(all.map(({ hash }) => hash));
});

async function twoGenerations(): Promise<void> {
  const cache = new MapCache(folder);
  await cache.store({ entries: entries('A'), facts: { generation: 1 } });
  await cache.store({ entries: entries('A', 'B'), facts: { generation: 2 } });
}

test('cut at any byte the newest generation is never taken for less: the one before it is', async () => {
  await twoGenerations();
  const names = ['map-b', ...(await segments())];
  for (const name of names) {
    const whole = await readFile(path(name));
    const isShared = name !== 'map-b' && whole.includes('"hash":"A"');
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(path(name), whole.subarray(0, length));
      const loaded = await new MapCache(folder).load().catch((error: unknown) => error);
      if (isShared) expect(loaded).toMatchObject({ code: 'MAP_CACHE_DAMAGED', decision: 'alarm' });
      else expect(loaded).toMatchObject({ facts: { generation: 1 }, fellBack: { code: 'MAP_CACHE_FELL_BACK' } });
    }
    writeFileSync(path(name), whole);
  }
  expect(await new MapCache(folder).load()).toMatchObject({ facts: { generation: 2 } });
});

test('cut at every 512th byte a larger cache falls back or stops, and never gives fewer entries', async () => {
  const all = Array.from({ length: 60 }, (_, index) => entry(String(index)));
  const cache = new MapCache(folder);
  await cache.store({ entries: all, facts: {} });
  await cache.store({ entries: [...all, entry('more')], facts: {} });
  for (const name of await readdir(folder)) {
    const whole = await readFile(path(name));
    for (let length = 0; length < whole.length; length += 512) {
      truncateSync(path(name), length);
      const loaded = await new MapCache(folder).load().catch((error: unknown) => error);
      const counts = hashesOf('entries' in (loaded as object) ? (loaded as never) : undefined)?.length;
      expect([undefined, 60, 61]).toContain(counts);
      if (counts === undefined) expect(loaded).toMatchObject({ code: 'MAP_CACHE_DAMAGED' });
      writeFileSync(path(name), whole);
    }
  }
});

test('any byte changed is seen', async () => {
  await twoGenerations();
  const whole = await readFile(path('map-b'));
  for (let at = 0; at < whole.length; at += 5) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    writeFileSync(path('map-b'), changed);
    expect(await new MapCache(folder).load()).toMatchObject({ facts: { generation: 1 } });
  }
});

test('where nothing can be used it stops loudly', async () => {
  await twoGenerations();
  writeFileSync(path('map-a'), '');
  writeFileSync(path('map-b'), 'edited');
  await expect(new MapCache(folder).load()).rejects.toMatchObject({
    code: 'MAP_CACHE_DAMAGED',
    message: expect.stringMatching(/map-a: .*; map-b: /) as string,
    remedy: expect.stringContaining('network-map') as string,
  });
});

test('after falling back the next map takes the place of the damaged one, and the good one stays', async () => {
  await twoGenerations();
  writeFileSync(path('map-b'), 'torn');
  const cache = new MapCache(folder);
  await cache.load();
  await cache.store({ entries: entries('A', 'C'), facts: { generation: 3 } });
  expect(await new MapCache(folder).load()).toMatchObject({ facts: { generation: 3 } });
  writeFileSync(path('map-b'), 'torn');
  expect(await new MapCache(folder).load()).toMatchObject({ facts: { generation: 1 } });
});

test('the generation before stays whole after a restart, too', async () => {
  await twoGenerations();
  const cache = new MapCache(folder);
  await cache.load();
  await cache.store({ entries: entries('C'), facts: { generation: 3 } });
  writeFileSync(path('map-a'), 'torn');
  const loaded = await new MapCache(folder).load();
  expect([hashesOf(loaded), loaded?.facts]).toEqual([['A', 'B'], { generation: 2 }]);
});

test('a full disk at any write leaves the map that was kept, and the next try succeeds', async () => {
  await twoGenerations();
  for (const failing of [0, 1]) {
    let writes = 0;
    const files: CacheFiles = {
      list: () => readdir(folder),
      read: (name) => readFile(path(name)).catch(() => undefined),
      write: async (name, content) => {
        if (writes++ === failing) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        writeFileSync(path(name), content);
      },
      remove: async (name) => rmSync(path(name), { force: true }),
    };
    const cache = new MapCache(files);
    const before = await cache.load();
    const next = { entries: [...(before?.entries ?? []), entry(`new ${failing}`)], facts: {} };
    await expect(cache.store(next)).rejects.toMatchObject({ code: 'MAP_CACHE_UNWRITABLE', decision: 'retry' });
    expect(hashesOf(await new MapCache(folder).load())).toEqual(hashesOf(before));
    await cache.store(next);
    expect(hashesOf(await new MapCache(folder).load())).toEqual(hashesOf(next));
  }
});
