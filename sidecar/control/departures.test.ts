import { DRIFT_MS, GRACE_MS, sidecarUnderTest } from '../../test/faults/model/sidecar-under-test';
import { peer } from '../../test/faults/model/network';

const [A, B] = [peer('A'), peer('B')];
const HOUR = 3_600_000;
const QUEUE = 'internal.peers.DLB';
const INGRESS = 'p2p.inbound.DLMe.from.DLB';
/** Until the look after the one that finds the grace time over. */
const DONE_MS = GRACE_MS + GRACE_MS / 5 + 2_000;

async function withoutB() {
  const world = sidecarUnderTest();
  await world.start([A, B]);
  world.map.write([A]);
  await world.pass(1_000);
  return world;
}

const there = ({ model }: ReturnType<typeof sidecarUnderTest>): boolean[] => [
  model.queues.has(QUEUE),
  model.addresses.has(QUEUE),
  model.addresses.has(INGRESS),
];

test('who leaves keeps queue and addresses for the grace time, and is told in the status', async () => {
  const world = await withoutB();
  expect(world.sidecar.status().departed).toEqual([
    { id: 'DLB', name: 'O=Party B, L=London, C=GB', since: expect.any(Number) as number, messages: 0 },
  ]);
  await world.pass(GRACE_MS - 5_000);
  expect([there(world), world.model.queues.get(QUEUE)?.closed]).toEqual([[true, true, true], undefined]);
  await world.pass(DONE_MS - GRACE_MS + 5_000);
  expect(there(world)).toEqual([false, false, false]);
  await world.pass(GRACE_MS / 10);
  expect(world.sidecar.status().departed).toBeUndefined();
  expect(world.log.map(({ message }) => message)).toContain('what was kept for one who left the map is removed');
});

test('where the disk is full for a while, who has left is noted later', async () => {
  const world = sidecarUnderTest();
  await world.start([A, B]);
  world.kept.failing.add('departed');
  world.map.write([A]);
  await world.pass(GRACE_MS / 2);
  expect(world.sidecar.status().departed).toBeUndefined();
  world.kept.failing.clear();
  await world.pass(GRACE_MS / 5);
  expect(world.sidecar.status().departed).toMatchObject([{ id: 'DLB', messages: 0 }]);
});

test('who is there, and what is not named by the sidecar, stays', async () => {
  const world = await withoutB();
  for (const name of ['other', 'internal.other.DLB', 'p2p.inbound.DLOther.from.DLB', 'rpc.server.from.DLB'])
    world.model.addresses.set(name, 'ANYCAST');
  const before = [...world.model.addresses.keys()].filter((name) => name !== QUEUE && name !== INGRESS);
  await world.pass(DONE_MS);
  expect([...world.model.addresses.keys()]).toEqual(before);
  expect(world.model.queues.has('internal.peers.DLA')).toBe(true);
});

test('a queue with messages stays for ever, and goes when it is empty', async () => {
  const world = await withoutB();
  world.model.send(QUEUE);
  await world.pass(DONE_MS * 3);
  expect(world.sidecar.status().departed).toMatchObject([{ id: 'DLB', messages: 1 }]);
  expect([world.model.queues.get(QUEUE)?.closed, world.model.lost]).toEqual([undefined, 0]);
  const queue = world.model.queues.get(QUEUE);
  if (queue !== undefined) queue.messages = 0;
  await world.pass(GRACE_MS / 4);
  expect(there(world)).toEqual([false, false, false]);
});

test('what was on its way to a queue that is closed keeps it', async () => {
  const world = await withoutB();
  await world.pass(GRACE_MS * 1.15);
  const queue = world.model.queues.get(QUEUE);
  expect(queue?.closed).toBe(true);
  if (queue !== undefined) queue.messages = 1;
  await world.pass(GRACE_MS);
  expect([queue?.closed, queue?.messages, world.model.lost]).toEqual([false, 1, 0]);
});

test('who is back finds his queue open, with what waited in it', async () => {
  const world = await withoutB();
  await world.pass(GRACE_MS * 1.15);
  expect(world.model.queues.get(QUEUE)?.closed).toBe(true);
  world.map.write([A, B]);
  await world.pass(1_000);
  expect([world.model.queues.get(QUEUE)?.closed, world.sidecar.status().departed]).toEqual([false, undefined]);
  await world.pass(HOUR);
  expect(there(world)).toEqual([true, true, true]);
});

test('of several queues each is kept, closed, opened again and removed', async () => {
  const [server] = B.addresses;
  const stomp = {
    servers: [server],
    host: '/',
    destination: '/in',
    acceptedContentTypes: ['application/json'],
  } as const;
  const known = { id: 'DLB', nodeType: 'creditors-agent', state: 'active', rootCertificate: '' } as const;
  const several = { ...B, swaptacular: { ...known, stomp, queues: 3 } };
  const names = [QUEUE, `${QUEUE}.2`, `${QUEUE}.3`];
  const world = sidecarUnderTest();
  const closed = () => names.map((name) => world.model.queues.get(name)?.closed);
  await world.start([A, several]);
  world.map.write([A]);
  await world.pass(GRACE_MS * 1.15);
  expect(closed()).toEqual([true, true, true]);
  world.map.write([A, several]);
  await world.pass(1_000);
  expect([closed(), world.sidecar.status().departed]).toEqual([[false, false, false], undefined]);
  world.map.write([A]);
  await world.pass(1_000);
  const last = world.model.queues.get(`${QUEUE}.3`);
  if (last !== undefined) last.messages = 4;
  await world.pass(DONE_MS);
  expect(world.sidecar.status().departed).toMatchObject([{ id: 'DLB', messages: 4 }]);
  if (last !== undefined) last.messages = 0;
  await world.pass(GRACE_MS);
  expect(names.map((name) => world.model.queues.has(name))).toEqual([false, false, false]);
});

test('who is back after all was removed has all anew', async () => {
  const world = await withoutB();
  await world.pass(DONE_MS);
  world.map.write([A, B]);
  await world.pass(1_000);
  expect([there(world), world.granted()]).toEqual([[true, true, true], 'AB']);
});

test('the grace time goes on over a restart, and who left meanwhile is noted', async () => {
  const world = await withoutB();
  const again = sidecarUnderTest();
  again.kept.departed = world.kept.departed;
  again.clock.advance(GRACE_MS / 2).catch(() => undefined);
  for (const name of [QUEUE, INGRESS, 'internal.peers.DLC']) again.model.addresses.set(name, 'ANYCAST');
  for (const name of [QUEUE, 'internal.peers.DLC'])
    again.model.queues.set(name, { address: name, filter: '', messages: 0, settled: 0 });
  await again.start([A]);
  await again.pass(1_000);
  const since = (id: string): number => world.kept.departed.get(id)?.since ?? again.kept.departed.get(id)?.since ?? 0;
  expect([...again.kept.departed.keys()]).toEqual(['DLB', 'DLC']);
  expect(again.kept.departed.get('DLB')?.since).toBe(since('DLB'));
  expect(again.kept.departed.get('DLC')?.since).toBeGreaterThan(since('DLB'));
});

test('what was made for one who did not get into the map is taken away again', async () => {
  const world = sidecarUnderTest();
  await world.start([A]);
  world.disproofs.push(new Error('no'));
  world.map.write([A, B]);
  await world.pass(1_000);
  world.map.write([A]);
  expect(there(world)).toEqual([true, true, true]);
  await world.pass(DONE_MS + 5_000);
  expect(there(world)).toEqual([false, false, false]);
});

test('nobody is asked anything while nobody has left', async () => {
  const world = sidecarUnderTest();
  await world.start([A, B]);
  await world.pass(60_000);
  const looks = (): number => world.tap.seen.filter((what) => what === 'getQueueNames').length;
  const before = looks();
  await world.pass(2 * HOUR);
  // The look for drift is all that asks.
  expect(looks() - before).toBe((2 * HOUR) / DRIFT_MS);
});
