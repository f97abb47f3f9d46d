import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ManualClock } from '../../sidecar/lib/clock';
import { packageRoot } from '../../sidecar/lib/package-root';
import { seeded } from './reference-server/faults';
import { MemoryInbox } from './reference-server/memory-inbox';
import { makeNode, relayTls } from './reference-server/node-material';
import { numbered } from './reference-server/numbered';
import { ReferenceServer } from './reference-server/reference-server';
import { RelayWorld, until, untilMoving } from './reference-server/relay-world';

const world = new RelayWorld();
afterEach(() => world.end());

describe('who is at the other end', () => {
  test.each([
    ['a node of another name', makeNode('99999999')],
    ['a node of the same name with another root', makeNode('1234abcd')],
    ['a node of another registry', makeNode('1234abcd', 'Some Other Registry')],
  ])('%s is not sent to', async (_, stranger) => {
    const server = await world.serve({}, stranger);
    const inbox = new MemoryInbox(numbered(1));
    const relay = world.relay(inbox, server);
    relay.start();
    await until('it fails', () => relay.status().failures > 0);
    expect(relay.status()).toMatchObject({ phase: 'waiting', sent: 0, cause: { code: 'ACCESS_WRONG_PEER' } });
    expect(inbox.opens).toBe(0);
  });

  test.each(['99999999', '1234ABCD'])('a trusted root with another name than %s is not sent to', async (peer) => {
    const server = await world.serve();
    const relay = world.relay(new MemoryInbox(numbered(1)), server, { peer });
    relay.start();
    await until('it fails', () => relay.status().failures > 0);
    expect(relay.status()).toMatchObject({ phase: 'waiting', sent: 0, cause: { code: 'ACCESS_WRONG_PEER' } });
  });

  test('a peer that has not signed our root, or does not know us, does not let us in', async () => {
    const server = await world.serve({ peers: [] });
    const chain = world.own.server.pem();
    const unsigned = world.relay(new MemoryInbox(), server, {
      tls: { ...relayTls(world.own, world.peer), chain },
    });
    unsigned.start();
    await until('it fails', () => unsigned.status().failures > 0);
    expect(unsigned.status().cause?.code).toMatch(/^(?:ACCESS_TLS|RELAY_NOT_ADMITTED)$/);
    const unknown = world.relay(new MemoryInbox(), server);
    unknown.start();
    await until('it fails', () => unknown.status().failures > 0);
    expect(unknown.status().cause).toMatchObject({
      code: 'RELAY_REFUSED',
      message: expect.stringContaining('Unknown peer serial number.') as string,
    });
  });

  test('certificates that the reference scripts made are taken, at both ends', async () => {
    const fixtures = join(packageRoot(), 'test/fixtures/swaptacular');
    const file = (path: string): string => readFileSync(join(fixtures, path), 'utf8');
    const [aa, ca] = ['1234abcd', 'fc06c3edee3e2737c7089a3a03775c84'];
    const server = new ReferenceServer({
      tls: { key: file('aa/server.key'), cert: file('aa/server.crt'), ca: file('aa/root-ca.crt') },
      peers: [ca],
      random: seeded(1),
    });
    await server.listen();
    const inbox = new MemoryInbox(numbered(100));
    const tls = {
      key: file('ca/server.key'),
      chain: file('ca/server.crt') + file(`ca/peers/${aa}/sub-ca.crt`),
      trust: file(`ca/peers/${aa}/root-ca.crt`),
    };
    const relay = world.relay(inbox, server, { peer: aa, tls });
    relay.start();
    await until('all are accepted', () => inbox.accepted.length === 100);
    await relay.stop();
    await server.close();
    expect(server.stored).toHaveLength(100);
  });
});

test('all servers of the peer are tried, in random order', async () => {
  const [first, second] = [await world.serve(), await world.serve()];
  const [a, b] = [first.endpoint().servers[0], second.endpoint().servers[0]];
  const endpoint = first.endpoint({ servers: [a, b, { host: '127.0.0.1', port: 1 }] });
  const inbox = new MemoryInbox(numbered(20_000));
  const relay = world.relay(inbox, first, { endpoint, random: seeded(3) });
  relay.start();
  for (let round = 0; round < 12; round += 1) {
    const connects = first.connects + second.connects;
    await until('it is connected', () => relay.status().phase === 'connected' && relay.status().confirmed > round);
    for (const server of [first, second]) await server.close();
    for (const server of [first, second]) await server.listen();
    await until('it connects anew', () => first.connects + second.connects > connects);
  }
  expect(first.connects).toBeGreaterThan(2);
  expect(second.connects).toBeGreaterThan(2);
  await first.close();
  await until('the queue is empty', () => inbox.size === 0);
  expect(relay.status().server).toBe(`${b.host}:${b.port}`);
});

describe('time', () => {
  test('the link is kept up by heart-beats both ways, and given up when none come', async () => {
    const clock = new ManualClock();
    const server = await world.serve({ clock });
    const inbox = new MemoryInbox(numbered(1));
    const relay = world.relay(inbox, server, { clock });
    relay.start();
    await until('it is accepted', () => inbox.accepted.length === 1);
    for (let second = 0; second < 300; second += 1) {
      await clock.advance(1_000);
      await new Promise(setImmediate);
    }
    expect(relay.status()).toMatchObject({ phase: 'connected', since: 0 });
    expect(server.connects).toBe(1);
    server.faults = () => 'freeze';
    inbox.put(numbered(1)[0] as never);
    await until('it is stored', () => server.stored.length === 2);
    await clock.advance(44_000);
    expect(relay.status().phase).toBe('connected');
    await clock.advance(3_000);
    await until('it is given up', () => relay.status().phase === 'waiting');
    expect(relay.status().cause).toMatchObject({ code: 'RELAY_SILENT' });
  });

  test('a server that lives and confirms nothing is given up', async () => {
    const clock = new ManualClock();
    const server = await world.serve({ clock });
    server.faults = (message) => (message < 3 ? 'lose-receipt' : undefined);
    const inbox = new MemoryInbox(numbered(2));
    const relay = world.relay(inbox, server, { clock });
    relay.start();
    await until('both are stored', () => server.stored.length === 2);
    await untilMoving(
      clock,
      'both are accepted',
      () => inbox.size === 0,
      () => server.connects,
    );
    expect(clock.now()).toBeGreaterThanOrEqual(60_000);
    expect(server.stored).toHaveLength(4);
    expect(relay.status()).toMatchObject({ doubledPossible: 2, confirmed: 2 });
  });

  test.each([
    ['no TLS', 'ACCESS_TIMEOUT'],
    ['no answer to CONNECT', 'RELAY_NO_ANSWER'],
  ])('%s for ten seconds is enough', async (silence, code) => {
    const clock = new ManualClock();
    const deaf = createServer();
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const server = await world.serve({ clock });
    server.mute = true;
    const { port } = deaf.address() as AddressInfo;
    const endpoint = server.endpoint(silence === 'no TLS' ? { servers: [{ host: '127.0.0.1', port }] } : {});
    const relay = world.relay(new MemoryInbox(), server, { clock, endpoint });
    relay.start();
    await untilMoving(
      clock,
      'it waits',
      () => relay.status().phase === 'waiting',
      () => server.connects,
    );
    expect(relay.status().cause).toMatchObject({ code });
    expect(relay.status().since).toBeGreaterThanOrEqual(10_000);
    await relay.stop();
    deaf.close();
  });
});
