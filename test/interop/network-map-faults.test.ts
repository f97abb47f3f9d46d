import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderFiles, type CacheFiles } from '../../sidecar/sources/cache/cache-files';
import { issue, SampleNetwork } from './sample-network';
import { many, MapWorld } from './map-world';

/** Keys and certificates take their time on a busy machine. */
jest.setTimeout(60_000);

let world: MapWorld;
afterEach(() => world.end());

describe.each(['corda', 'json'] as const)('a network map service in the form %s', (form) => {
  test.each<[string, (world: MapWorld) => void, string]>([
    ['answers 500', (it) => it.bend('', (_, response) => response.writeHead(500).end()), 'MAP_SERVICE_STATUS'],
    [
      'answers in HTML',
      (it) => it.bend('', (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>')),
      'MAP_SERVICE_ANSWER',
    ],
    ['answers in HTML and does not say so', (it) => it.bend('', (_, response) => response.end('<html>')), 'MAP_FORMAT'],
    ['answers with nothing', (it) => it.bend('', (_, response) => response.end()), 'MAP_FORMAT'],
    ['hangs', (it) => it.bend('', () => undefined), 'MAP_SERVICE_TIMEOUT'],
    [
      'sends half a body',
      (it) =>
        it.bend('', (_, response) => {
          response.writeHead(200, { 'Content-Length': '1000' });
          response.write('half', () => response.destroy());
        }),
      'MAP_SERVICE_UNREACHABLE',
    ],
    [
      'sends a gigabyte',
      (it) => it.bend('', (_, response) => response.writeHead(200, { 'Content-Length': '1073741824' }).write('x')),
      'MAP_SERVICE_ANSWER_TOO_LARGE',
    ],
  ])('%s: all stays, the reason is told, and it goes on by itself', async (_, fault, code) => {
    world = await MapWorld.of(form, 'A', 'B', 'C');
    world.service.nodes = [...world.service.nodes.slice(0, 2), await world.service.node('D')];
    await world.service.publishMap();
    fault(world);
    // A service that hangs is waited for.
    const step = code === 'MAP_SERVICE_TIMEOUT' ? 10_000 : 1000;
    await world.until(() => 'map' in world.parked, step);
    expect([world.names, world.parked]).toEqual([['A', 'B', 'C'], { map: code }]);
    const waits = world.snapshots.length;
    await world.until(() => world.status.failures > 2, step);
    expect(world.snapshots.length).toBe(waits);
    world.service.bend = undefined;
    await world.until(() => !('map' in world.parked));
    expect([world.names, world.parked]).toEqual([['A', 'B', 'D'], {}]);
  });

  test('a map signed under another root is refused; another signer of the same network is as good', async () => {
    world = await MapWorld.of(form, 'A', 'B', 'C');
    const { service } = world;
    const stranger = new SampleNetwork();
    const foreign = issue('CN=Map, O=Other, L=London, C=GB', 'NETWORK_MAP', stranger.root);
    service.nodes = service.nodes.slice(0, 2);
    await service.publishMap({}, { ...service.signer, chain: [foreign.certificate], privateKey: foreign.privateKey });
    await world.poll();
    expect([world.names, world.parked]).toEqual([['A', 'B', 'C'], { map: 'MAP_CHAIN' }]);
    const other = issue('CN=Other, O=Network, L=London, C=GB', 'NETWORK_MAP', service.network.root);
    await service.publishMap({}, service.signerOf(other));
    await world.poll();
    expect([world.names, world.parked]).toEqual([['A', 'B'], {}]);
  });

  test('a map that was changed on its way is refused', async () => {
    world = await MapWorld.of(form, 'A');
    const seen: Buffer[] = [];
    world.service.nodes = [];
    await world.service.publishMap();
    world.bend('', (_, response) => {
      const bytes = Buffer.from(world.service.signedMap);
      const at = bytes.length - 60;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      seen.push(bytes);
      response.end(bytes);
    });
    await world.poll();
    expect(seen).toHaveLength(1);
    expect(world.names).toEqual(['A']);
    expect(Object.values(world.parked)).toEqual([expect.stringMatching(/^MAP_/)]);
  });

  test('a NodeInfo with another hash than asked for is not taken, whoever it is of; who was there stays meanwhile', async () => {
    world = await MapWorld.of(form, 'A', 'B');
    const [a, b] = world.service.nodes;
    if (a === undefined || b === undefined) throw new Error('no nodes');
    const next = await world.service.node('A', 2n, a.identity);
    world.service.nodes = [next, b];
    await world.service.publishMap();
    world.service.nodes = [{ ...(await world.service.node('Mallory')), hash: next.hash }, b];
    await world.poll();
    expect([world.names, world.parked]).toEqual([['A', 'B'], { [next.hash]: 'MAP_SERVICE_ANSWER' }]);
    world.service.nodes = [next, b];
    await world.poll();
    expect([world.serials, world.parked]).toEqual([[2n, 1n], {}]);
  });

  test('a full disk: the new map is not taken, and is when there is room again', async () => {
    world = new MapWorld(form);
    world.service.nodes.push(await world.service.node('A'));
    await world.service.publishMap();
    await world.service.start();
    let isFull = false;
    const disk = new FolderFiles(world.folder);
    const files: CacheFiles = {
      list: () => disk.list(),
      read: (name) => disk.read(name),
      remove: (name) => disk.remove(name),
      write: (name, content) => (isFull ? Promise.reject(new Error('ENOSPC: no space')) : disk.write(name, content)),
    };
    await world.begin({}, files);
    isFull = true;
    await world.change([...world.service.nodes, await world.service.node('B')]);
    expect([world.names, world.parked]).toEqual([['A'], { map: 'MAP_CACHE_UNWRITABLE' }]);
    isFull = false;
    await world.until(() => world.names.length === 2);
    expect(world.parked).toEqual({});
  });

  test('cut at every 512th byte the map on disk is never taken for a smaller one', async () => {
    world = await MapWorld.of(form, ...many(3));
    await world.change([...world.service.nodes, await world.service.node('X')]);
    for (const name of readdirSync(world.folder)) {
      const path = join(world.folder, name);
      const whole = readFileSync(path);
      for (let length = 0; length < whole.length; length += 512) {
        truncateSync(path, length);
        const failure = await world.begin({ offline: true }).catch((error: unknown) => error);
        if (failure === undefined) expect([3, 4]).toContain(world.names.length);
        else expect(failure).toMatchObject({ code: 'MAP_CACHE_DAMAGED', decision: 'alarm' });
        writeFileSync(path, whole);
      }
    }
  });

  test('without a map on disk, peers known from before and no service it does not start with nobody', async () => {
    world = await MapWorld.of(form, 'A');
    rmSync(world.folder, { recursive: true });
    world.bend('', (_, response) => response.writeHead(500).end());
    await expect(world.begin()).rejects.toMatchObject({ code: 'MAP_CACHE_MISSING' });
    await world.begin({ knownSerials: new Map() });
    expect([world.names, world.parked]).toEqual([[], { map: 'MAP_SERVICE_STATUS' }]);
  });

  test.each([3_600_000, -3_600_000])(
    'a service whose clock is off by %p ms changes nothing, nor does setting it right',
    async (off) => {
      world = await MapWorld.of(form, 'A');
      world.service.lastModified = world.clock.now() + off;
      world.service.nodes.push(await world.service.node('B'));
      await world.service.publishMap();
      await world.poll();
      world.service.lastModified = world.clock.now();
      world.service.nodes.push(await world.service.node('C'));
      await world.service.publishMap();
      await world.poll();
      expect([world.names, world.parked]).toEqual([['A', 'B', 'C'], {}]);
    },
  );

  test('a map that the service itself dates before the last is held until the operator agrees', async () => {
    world = await MapWorld.of(form, 'A');
    world.service.lastModified = world.clock.now();
    world.service.nodes.push(await world.service.node('B'));
    await world.service.publishMap();
    await world.poll();
    world.service.lastModified = world.clock.now() - 3 * 3_600_000;
    await world.change(world.service.nodes.slice(0, 1));
    expect([world.names, world.parked]).toEqual([['A', 'B'], { map: 'MAP_OLDER' }]);
    world.decisions = { parameters: [], map: { digest: world.status.held?.digest ?? '', at: world.clock.now() } };
    await world.until(() => world.names.length === 1);
    expect(world.parked).toEqual({});
  });
});
