import { MemoryInbox } from './reference-server/memory-inbox';
import { numbered } from './reference-server/numbered';
import { RelayWorld, until } from './reference-server/relay-world';

const world = new RelayWorld();
afterEach(() => world.end());

test('all of a queue, in order, each accepted after its receipt', async () => {
  const server = await world.serve();
  const inbox = new MemoryInbox(numbered(2_000));
  const relay = world.relay(inbox, server);
  relay.start();
  await until('the queue is empty', () => inbox.accepted.length === 2_000);
  expect(inbox.mostOut).toBeLessThanOrEqual(100);
  expect(server.stored.map(({ body }) => body)).toEqual(numbered(2_000).map(({ body }) => body.toString()));
  expect(relay.status()).toMatchObject({
    phase: 'connected',
    confirmed: 2_000,
    sent: 2_000,
    doubledPossible: 0,
    failures: 0,
  });
});
