import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FakeMapService } from './fake-map-service';
import { MapWorld, many } from './map-world';

/** Keys and certificates take their time on a busy machine. */
jest.setTimeout(60_000);

let world: MapWorld;
afterEach(() => world.end());

describe.each(['corda', 'json'] as const)('a network map service in the form %s', (form) => {
  test('its first map is taken whole, then asked for as it says, and only what is unknown is fetched', async () => {
    world = await MapWorld.of(form, 'A', 'B');
    expect(world.names).toEqual(['A', 'B']);
    expect(world.snapshot.parameters).toMatchObject({ epoch: 1, maxMessageSize: 10_485_760 });
    expect(world.service.count('/node-infos')).toBe(1);
    expect(world.service.count('/node-info/')).toBe(0);
    const c = await world.service.node('C');
    world.service.nodes.push(c);
    await world.service.publishMap();
    await world.clock.advance(59_999);
    expect(world.names).toEqual(['A', 'B']);
    await world.poll();
    expect(world.names).toEqual(['A', 'B', 'C']);
    expect(world.service.requests.filter((path) => path.startsWith('/node-info/'))).toEqual([`/node-info/${c.hash}`]);
  });

  test('a poll without news writes nothing and tells nobody', async () => {
    world = await MapWorld.of(form, ...many(5));
    const files = (): string =>
      readdirSync(world.folder)
        .map((name) => `${name} ${statSync(join(world.folder, name)).mtimeMs}`)
        .join();
    const before = files();
    for (let count = 0; count < 5; count += 1) await world.poll();
    expect(world.service.count('')).toBeGreaterThan(5);
    expect(files()).toBe(before);
    expect(world.snapshots).toHaveLength(1);
    expect(world.service.requests.filter((path) => path !== '')).toHaveLength(2);
  });

  test('many at once are fetched together; a service of version 1 is asked for each', async () => {
    world = await MapWorld.of(form, 'A', 'B');
    for (const name of many(49)) world.service.nodes.push(await world.service.node(name));
    await world.service.publishMap();
    await world.poll();
    expect([world.service.count('/node-infos'), world.service.count('/node-info/')]).toEqual([1, 49]);
    for (const name of many(50, 100)) world.service.nodes.push(await world.service.node(name));
    await world.service.publishMap();
    await world.poll();
    expect([world.service.count('/node-infos'), world.service.count('/node-info/'), world.names.length]).toEqual([
      2, 49, 101,
    ]);
    world.service.serverVersion = undefined;
    for (const name of many(51, 200)) world.service.nodes.push(await world.service.node(name));
    await world.service.publishMap();
    await world.poll();
    expect([world.service.count('/node-infos'), world.service.count('/node-info/'), world.names.length]).toEqual([
      2, 100, 152,
    ]);
  });

  test('who leaves the map leaves; a new NodeInfo of a node takes the place of the old', async () => {
    world = await MapWorld.of(form, 'A', 'B', 'C');
    const [a] = world.service.nodes;
    await world.change([await world.service.node('A', 2n, a?.identity), ...world.service.nodes.slice(1, 2)]);
    expect(world.serials).toEqual([2n, 1n]);
    expect([world.names, world.parked]).toEqual([['A', 'B'], {}]);
  });

  test('an older NodeInfo of a node is refused, and the one that is known stays, over a restart, too', async () => {
    world = await MapWorld.of(form, 'A', 'B');
    const [a, b] = world.service.nodes;
    if (a === undefined || b === undefined) throw new Error('no nodes');
    await world.change([await world.service.node('A', 5n, a.identity), b]);
    await world.change([a, b]);
    expect(world.serials).toEqual([5n, 1n]);
    expect(world.parked).toEqual({ [a.hash]: 'MERGE_SERIAL_OLD' });
    await world.begin();
    expect(world.serials).toEqual([5n, 1n]);
  });

  test('starts from disk at once while the service is down, and goes on when it is back', async () => {
    world = await MapWorld.of(form, 'A', 'B');
    const { port } = world.service;
    await world.service.stop();
    await world.begin();
    expect(world.names).toEqual(['A', 'B']);
    await world.until(() => world.status.failures > 2);
    expect([world.names, world.parked]).toEqual([['A', 'B'], { map: 'MAP_SERVICE_UNREACHABLE' }]);
    const back = new FakeMapService(form);
    Object.assign(back, world.service.identity());
    world.service = back;
    world.service.nodes.push(await world.service.node('C'));
    await world.service.publishMap();
    await world.service.start(port);
    await world.until(() => world.names.length === 3);
    expect(world.parked).toEqual({});
  });

  test('a private map adds its nodes to the public ones', async () => {
    world = new MapWorld(form);
    world.service.nodes.push(await world.service.node('A'));
    await world.service.publishMap();
    const uuid = '6f1e2f0c-93ab-4cde-8d11-2a1b8f3e0a77';
    await world.service.publishPrivateMap(uuid, [await world.service.node('P')]);
    await world.service.start();
    await world.begin({ privateMap: uuid });
    expect(world.names).toEqual(['A', 'P']);
    await world.poll();
    expect([world.names, world.parked]).toEqual([['A', 'P'], {}]);
  });
});
