import { instantOf } from '../../sidecar/network-map/instant';
import { sampleParameters } from './fake-map-service';
import { issue } from './sample-network';
import { MapWorld, DAY, many, START } from './map-world';

/** Keys and certificates take their time on a busy machine. */
jest.setTimeout(60_000);

let world: MapWorld;
afterEach(() => world.end());

describe.each(['corda', 'json'] as const)('a network map service in the form %s', (form) => {
  test('doubt about one entry does not keep for ever who has left', async () => {
    world = await MapWorld.of(form, 'A', 'B');
    world.service.nodes = world.service.nodes.slice(0, 1);
    await world.service.publishMap({ nodeInfoHashes: [world.service.nodes[0]?.hash ?? '', 'AB'.repeat(32)] });
    await world.poll();
    expect(world.names).toEqual(['A', 'B']);
    await world.until(() => world.names.length === 1, 30_000);
    expect(world.parked).toEqual({ ['AB'.repeat(32)]: 'MAP_SERVICE_STATUS' });
    expect(world.clock.now() - START).toBeGreaterThan(600_000);
    expect(world.clock.now() - START).toBeLessThan(900_000);
  });

  test('a map that shrinks by 90 % is held until it is back to normal', async () => {
    world = await MapWorld.of(form, ...many(20));
    const all = world.service.nodes;
    await world.change(all.slice(0, 2));
    expect([world.names, world.parked]).toEqual([many(20), { map: 'MAP_SHRUNK' }]);
    expect(world.status.held).toMatchObject({
      since: world.clock.now(),
      reason: expect.stringContaining('18 of 20') as string,
    });
    expect(world.status.failingSince).toBeUndefined();
    await world.begin();
    await world.until(() => 'map' in world.parked);
    expect([world.names, world.parked]).toEqual([many(20), { map: 'MAP_SHRUNK' }]);
    await world.change(all.slice(0, 18));
    expect([world.names, world.parked, world.status.held]).toEqual([
      all
        .slice(0, 18)
        .map(({ name }) => name)
        .sort(),
      {},
      undefined,
    ]);
  });

  test('a held map goes on when the operator agrees, soon after he does, and each time anew', async () => {
    world = await MapWorld.of(form, ...many(10));
    const all = world.service.nodes;
    const shrink = async (): Promise<void> => {
      world.service.nodes = all.slice(0, 1);
      await world.service.publishMap();
      await world.poll();
      expect(world.parked).toEqual({ map: 'MAP_SHRUNK' });
    };
    await shrink();
    world.decisions = { parameters: [], map: { digest: world.status.held?.digest ?? '', at: world.clock.now() } };
    const before = world.clock.now();
    await world.until(() => world.names.length === 1, 500);
    expect(world.clock.now() - before).toBeLessThan(5000);
    expect(world.parked).toEqual({});
    await world.change(all);
    expect(world.names).toHaveLength(10);
    await world.clock.advance(1);
    await shrink();
    await world.poll();
    expect(world.names).toHaveLength(10);
  });

  test('who is not vouched for within the event horizon leaves, and comes back', async () => {
    world = await shortHorizon(form, 'A', 'B');
    world.bend('', (_, response) => response.writeHead(500).end());
    await world.until(() => world.clock.now() >= START + 570_000, 30_000);
    expect([world.names, world.status.stale]).toEqual([['A', 'B'], 0]);
    await world.until(() => world.names.length === 0, 30_000);
    expect([world.clock.now() > START + 600_000, world.status.stale]).toEqual([true, 2]);
    world.service.bend = undefined;
    await world.until(() => world.names.length === 2, 30_000);
    expect([world.parked, world.status.stale]).toEqual([{}, 0]);
  });

  test('many that would leave so at once are held, over a restart, too', async () => {
    world = await shortHorizon(form, ...many(4));
    world.bend('', (_, response) => response.writeHead(500).end());
    await world.until(() => world.status.held !== undefined, 30_000);
    expect(world.names).toHaveLength(4);
    expect([world.parked, world.status.failure?.code]).toEqual([{ map: 'MAP_SHRUNK' }, 'MAP_SERVICE_STATUS']);
    await world.begin();
    expect(world.status.held?.lost).toHaveLength(4);
    expect(world.names).toHaveLength(4);
    world.service.bend = undefined;
    await world.until(() => world.status.held === undefined, 30_000);
    expect([world.names.length, world.parked]).toEqual([4, {}]);
  });

  test('after a long silence the operator is asked about the map that has come, and his word counts', async () => {
    world = await shortHorizon(form, ...many(6));
    const all = world.service.nodes;
    world.bend('', (_, response) => response.writeHead(500).end());
    await world.until(() => world.status.held?.lost.length === 6, 30_000);
    world.service.bend = undefined;
    world.service.nodes = all.slice(0, 2);
    await world.service.publishMap();
    await world.until(() => world.status.held?.lost.length === 4, 30_000);
    await world.poll();
    expect([world.names, world.status.held?.lost.length]).toEqual([many(6), 4]);
    world.decisions = { parameters: [], map: { digest: world.status.held?.digest ?? '', at: world.clock.now() } };
    await world.until(() => world.names.length === 2, 500);
    expect([world.parked, world.status.held]).toEqual([{}, undefined]);
  });

  test('new network parameters are announced, accepted, acknowledged, and taken on their day', async () => {
    world = await MapWorld.of(form, 'A');
    await world.begin({ acknowledge: async (hash) => Buffer.from(`yes ${hash}`) });
    const hash = await world.service.addParameters({
      ...sampleParameters,
      epoch: 2,
      maxMessageSize: 100_000,
      minimumPlatformVersion: 5,
    });
    const parametersUpdate = { hash, description: 'smaller messages', deadline: instantOf(START + 7 * DAY) };
    world.service.nodes.push(await world.service.node('B', 1n, undefined, 5));
    await world.service.publishMap({ parametersUpdate });
    await world.poll();
    expect(world.status.update).toMatchObject({
      hash,
      description: 'smaller messages',
      deadline: START + 7 * DAY,
      isAccepted: false,
      isAcknowledged: false,
      document: { epoch: 2 },
    });
    world.decisions = { parameters: [hash] };
    await world.until(() => world.service.posted.length > 0);
    expect(world.service.posted).toEqual([{ path: '/ack-parameters', body: Buffer.from(`yes ${hash}`) }]);
    expect(world.status.update).toMatchObject({ isAccepted: true, isAcknowledged: true });
    await world.poll();
    expect(world.service.posted).toHaveLength(1);
    expect(world.snapshot.parameters?.epoch).toBe(1);
    expect(world.names).toEqual(['A', 'B']);
    await world.service.publishMap({ networkParameterHash: hash });
    await world.poll();
    expect(world.snapshot.parameters).toMatchObject({ epoch: 2, maxMessageSize: 100_000 });
    expect([world.names, Object.values(world.parked)]).toEqual([['B'], ['PEER_PLATFORM_VERSION']]);
    expect(world.status.update).toBeUndefined();
  });

  test('parameters that nobody has accepted on their day: no new map is taken until they are', async () => {
    world = await MapWorld.of(form, 'A');
    const hash = await world.service.addParameters({ ...sampleParameters, epoch: 2 });
    world.service.nodes.push(await world.service.node('B'));
    await world.service.publishMap({ networkParameterHash: hash });
    await world.poll();
    expect(world.status.failingSince).toBeUndefined();
    expect([world.names, world.parked, world.status.unaccepted]).toEqual([
      ['A'],
      { map: 'PARAMETERS_NOT_ACCEPTED' },
      hash,
    ]);
    world.decisions = { parameters: [hash] };
    await world.until(() => world.names.length === 2);
    expect([world.parked, world.status.unaccepted]).toEqual([{}, undefined]);
  });

  test('parameters never go back, even if they were accepted once', async () => {
    world = await MapWorld.of(form, 'A');
    const [first = ''] = world.service.parameters.keys();
    const hash = await world.service.addParameters({ ...sampleParameters, epoch: 2 });
    world.decisions = { parameters: [first, hash] };
    await world.service.publishMap({ networkParameterHash: hash });
    await world.poll();
    expect(world.snapshot.parameters?.epoch).toBe(2);
    await world.service.publishMap({ networkParameterHash: first });
    await world.poll();
    expect([world.snapshot.parameters?.epoch, world.parked]).toEqual([2, { map: 'PARAMETERS_OLDER' }]);
  });

  test('parameters other than asked for are refused', async () => {
    world = await MapWorld.of(form, 'A');
    const { service } = world;
    const hash = await service.addParameters({ ...sampleParameters, epoch: 2 });
    service.parameters.set(hash, [...service.parameters.values()][0] ?? Buffer.alloc(0));
    world.decisions = { parameters: [hash] };
    await service.publishMap({ networkParameterHash: hash });
    await world.poll();
    expect(world.parked).toEqual({ map: 'PARAMETERS_HASH' });
    expect(world.snapshot.parameters?.epoch).toBe(1);
  });

  test('a certificate that ends while the service is silent takes its node with it', async () => {
    world = new MapWorld(form);
    const { service } = world;
    const nodeCa = issue('O=Short, L=Rome, C=IT', 'NODE_CA', service.network.doorman, {}, START + 300_000);
    const own = issue('O=Short, L=Rome, C=IT', 'LEGAL_IDENTITY', nodeCa);
    service.nodes = [
      await service.node('A'),
      await service.node('Short', 1n, service.network.identity('legal', own, nodeCa)),
    ];
    await service.publishMap();
    await service.start();
    await world.begin();
    expect(world.names).toEqual(['A', 'Short']);
    world.bend('', (_, response) => response.writeHead(500).end());
    await world.until(() => world.names.length === 1, 30_000);
    expect(world.clock.now()).toBeGreaterThan(START + 300_000);
    expect(Object.values(world.parked).sort()).toEqual(['MAP_SERVICE_STATUS', 'PEER_CERTIFICATE_TIME']);
  });
});

async function shortHorizon(form: 'corda' | 'json', ...nodes: string[]): Promise<MapWorld> {
  const short = new MapWorld(form);
  for (const name of nodes) short.service.nodes.push(await short.service.node(name));
  await short.service.addParameters({ ...sampleParameters, eventHorizon: 600_000 });
  await short.service.publishMap();
  await short.service.start();
  await short.begin();
  return short;
}
