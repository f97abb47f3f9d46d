import { bridgesOf, letters, POLL_MS, running, setUp, TIMING } from '../../../test/faults/model/bridges-under-test';
import { AccessError } from '../amqp/access-error';
import { sameBridge } from './same-bridge';

test('a peer is connected when it has messages, left alone before, and dropped when it has been idle', async () => {
  const { clock, broker, controller, lines, phase } = await running(['A', 'B']);
  await clock.advance(10_000);
  expect(broker.taken(/start|stop/)).toEqual([]);
  broker.put('A', 3);
  await clock.advance(2 * POLL_MS);
  expect([phase('A'), phase('B')]).toEqual(['connected', 'idle']);
  expect(broker.taken(/start|stop/)).toEqual(['start peer.DLA']);
  await clock.advance(TIMING.idleMs - 5 * POLL_MS);
  expect(phase('A')).toBe('connected');
  // An emptied queue is not listed: what it carried is seen when the connection is about to be dropped.
  await clock.advance(TIMING.idleMs + 6 * POLL_MS);
  expect(phase('A')).toBe('idle');
  expect(broker.taken(/start|stop/)).toEqual(['stop peer.DLA']);
  expect(lines).toEqual([
    'bridge to O=Party A, L=London, C=GB: idle -> connected',
    'bridge to O=Party A, L=London, C=GB: connected -> idle',
  ]);
  await controller.stop();
});

test('what was carried between two looks keeps a connection', async () => {
  const { clock, broker, phase } = await running(['A']);
  broker.put('A');
  await clock.advance(TIMING.idleMs - 1_000);
  const queue = broker.queues.get('internal.peers.DLA');
  if (queue !== undefined) queue.settled += 1;
  await clock.advance(3_000);
  expect(phase('A')).toBe('connected');
});

test('a peer that refuses is tried again after growing waits, and told once', async () => {
  const { clock, broker, tried, refusing, lines, controller } = await running(['A']);
  refusing.set('DLA', new AccessError('ACCESS_REFUSED', 'no permission'));
  broker.put('A');
  const times: number[] = [];
  for (let last = 0; times.length < 9;) {
    await clock.advance(POLL_MS);
    if (tried.length > last) times.push(clock.now());
    last = tried.length;
  }
  const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  const due = [1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000);
  waits.forEach((wait, index) => {
    expect(wait).toBeGreaterThanOrEqual(due[index] ?? 0);
    expect(wait).toBeLessThanOrEqual((due[index] ?? 0) + 2 * POLL_MS);
  });
  expect(lines).toEqual(['bridge to O=Party A, L=London, C=GB: idle -> waiting: no permission']);
  expect(controller.status()[0]).toMatchObject({
    phase: 'waiting',
    failures: 9,
    queued: 1,
    cause: { code: 'ACCESS_REFUSED', message: 'no permission' },
  });
  refusing.set('DLA', new AccessError('ACCESS_TLS', 'bad certificate'));
  await clock.advance(62_000);
  expect(lines.at(-1)).toBe('bridge to O=Party A, L=London, C=GB: waiting -> waiting: bad certificate');
  refusing.clear();
  await clock.advance(62_000);
  expect(lines).toContain('bridge to O=Party A, L=London, C=GB: waiting -> connected');
  expect(controller.status()[0]).toMatchObject({ failures: 0 });
});

test('a peer that waits is forgotten when nobody has messages for it any more', async () => {
  const { clock, broker, refusing, phase, tried } = await running(['A']);
  refusing.set('DLA', new AccessError('ACCESS_UNREACHABLE', 'down'));
  broker.put('A');
  await clock.advance(1_000);
  broker.queues.clear();
  await clock.advance(10_000);
  expect(phase('A')).toBe('idle');
  tried.length = 0;
  await clock.advance(60_000);
  expect(tried).toEqual([]);
});

test('a stall is looked into beside the connection; a refusal there parks the peer within a second', async () => {
  const { clock, broker, refusing, phase, lines } = await running(['A']);
  broker.put('A');
  await clock.advance(1_000);
  broker.carries = false;
  refusing.set('DLA', new AccessError('ACCESS_REFUSED', 'withdrawn'));
  broker.put('A', 5);
  await clock.advance(1_000);
  expect(phase('A')).toBe('waiting');
  expect(broker.links.get('peer.DLA')?.started).toBe(false);
  expect(lines.at(-1)).toBe('bridge to O=Party A, L=London, C=GB: connected -> waiting: withdrawn');
});

test('a peer that takes the link and settles nothing is parked, and for longer each time', async () => {
  const { clock, broker, controller } = await running(['A']);
  broker.carries = false;
  broker.put('A');
  // What went out before says nothing of now.
  broker.queues.set('internal.peers.DLA', { messages: 1, settled: 100 });
  await clock.advance(120_000);
  const [status] = controller.status();
  expect(status?.cause?.code).toBe('BRIDGE_STALLED');
  expect(status?.failures).toBeGreaterThan(3);
  // 10 s on the link each time, and waits of 1, 2, 4, 8, 16 s in between.
  expect(broker.taken(/^start/).length).toBeLessThan(9);
});

test('a connection that does not come about, or is lost, is given up for now', async () => {
  const { clock, broker, controller, phase } = await running(['A']);
  broker.connects = false;
  broker.put('A');
  await clock.advance(TIMING.connectMs + 2 * POLL_MS);
  expect(controller.status()[0]).toMatchObject({ phase: 'waiting', cause: { code: 'BRIDGE_LOST' } });
  broker.connects = true;
  await clock.advance(5_000);
  expect(phase('A')).toBe('connected');
  broker.links.set('peer.DLA', { started: true, connected: false });
  await clock.advance(TIMING.connectMs + 2 * POLL_MS);
  expect(phase('A')).not.toBe('connected');
});

test('only bridges that changed or left are stopped, and before anything else is done', async () => {
  const { clock, broker, controller, replace, phase } = await running(['A', 'B', 'C']);
  for (const letter of ['A', 'B', 'C']) broker.put(letter);
  await clock.advance(1_000);
  broker.calls.length = 0;
  const next = [...bridgesOf(['A']), ...bridgesOf(['B'], 7)];
  await controller.makeWay(next);
  expect(broker.taken(/start|stop/)).toEqual(['stop peer.DLB', 'stop peer.DLC']);
  expect(controller.activeBridges().map(({ name }) => name)).toEqual(['peer.DLA', 'peer.DLB']);
  await replace(next);
  expect([phase('A'), phase('B'), phase('C')]).toEqual(['connected', 'idle', undefined]);
  expect(broker.links.get('peer.DLA')).toEqual({ started: true, connected: true });
});

test('a new bridge does not connect before it is admitted', async () => {
  const { clock, broker, controller, tried } = await running(['A']);
  broker.put('B');
  await controller.makeWay(bridgesOf(['A', 'B']));
  await clock.advance(5_000);
  expect(tried).toEqual([]);
  controller.admit(bridgesOf(['A', 'B']));
  await clock.advance(0);
  expect(tried).toEqual(['DLB']);
});

test('a peer that leaves while it is being tried is not connected', async () => {
  const { clock, broker, options, gates, replace } = await running(['A']);
  options.held = true;
  broker.put('A');
  await clock.advance(POLL_MS);
  await replace([]);
  gates.forEach((open) => open());
  await clock.advance(5_000);
  expect(broker.taken(/^start/)).toEqual([]);
});

test('connections that run already are taken over, at the start of a sidecar', async () => {
  const { clock, broker, controller, replace, phase, tried, file } = setUp({ keep: 1 });
  broker.links.set('peer.DLA', { started: true, connected: true });
  broker.links.set('peer.DLB', { started: false, connected: false });
  const bridges = bridgesOf(['A', 'B']);
  await controller.makeWay(bridges);
  await controller.takeOver(bridges);
  await replace(bridges);
  controller.start();
  await clock.advance(1_000);
  expect([phase('A'), phase('B')]).toEqual(['connected', 'idle']);
  expect(file).toEqual([['peer.DLA']]);
  expect([tried, broker.taken(/start|stop/)]).toEqual([[], []]);
});

test('after a restart of the broker the connections in use are made again', async () => {
  const { clock, broker, controller, phase } = await running(['A']);
  broker.carries = false;
  broker.put('A');
  await clock.advance(300);
  broker.links.set('peer.DLA', { started: false, connected: false });
  controller.brokerReady();
  await clock.advance(1_000);
  expect(phase('A')).toBe('connected');
  expect(broker.taken(/^start/)).toEqual(['start peer.DLA', 'start peer.DLA']);
});

test('a look that lasted as long as the broker was away keeps nobody waiting', async () => {
  const { clock, broker, controller, phase } = await running(['A']);
  broker.carries = false;
  broker.put('A');
  await clock.advance(1_000);
  broker.slow = 60_000;
  await clock.advance(30_000);
  broker.links.set('peer.DLA', { started: false, connected: false });
  broker.slow = 0;
  controller.brokerReady();
  await clock.advance(32_000);
  expect(phase('A')).toBe('connected');
  expect(broker.taken(/^start/)).toEqual(['start peer.DLA', 'start peer.DLA']);
});

test('a broker that has been slow for a time is looked at again within half a minute', async () => {
  const { clock, broker, phase } = await running(['A']);
  let total = 0;
  broker.totalMessageCount = async () => (total += 1);
  broker.slow = 60_000;
  await clock.advance(61_000);
  broker.slow = 0;
  broker.put('A');
  await clock.advance(31_000);
  expect(phase('A')).toBe('connected');
});

test('connections that outlived a loss of management are kept', async () => {
  const { clock, broker, controller, phase, lines } = await running(['A']);
  broker.put('A');
  await clock.advance(1_000);
  lines.length = 0;
  controller.brokerReady();
  await clock.advance(1_000);
  expect(phase('A')).toBe('connected');
  expect(broker.taken(/^start/)).toHaveLength(1);
  expect(lines).toEqual([]);
});

test('a connection that could not be stopped when its peer was parked is stopped at the next look', async () => {
  const { clock, broker, refusing } = await running(['A']);
  broker.put('A');
  await clock.advance(1_000);
  broker.carries = false;
  broker.stopFails = true;
  refusing.set('DLA', new AccessError('ACCESS_TLS', 'no'));
  broker.put('A');
  await clock.advance(1_000);
  expect(broker.links.get('peer.DLA')?.started).toBe(true);
  broker.stopFails = false;
  await clock.advance(9_000);
  expect(broker.links.get('peer.DLA')?.started).toBe(false);
});

test('beyond the number kept, the connections used longest ago leave the file', async () => {
  const { clock, broker, file, phase } = await running(['A', 'B', 'C'], { keep: 2 });
  expect(file).toEqual([[]]);
  for (const letter of ['A', 'B', 'C']) {
    broker.put(letter);
    await clock.advance(2 * TIMING.idleMs + 6_000);
    expect(phase(letter)).toBe('idle');
  }
  expect(file.slice(1)).toEqual([['peer.DLA'], ['peer.DLA', 'peer.DLB'], ['peer.DLB', 'peer.DLC']]);
  broker.put('B');
  await clock.advance(6_000);
  expect(file).toHaveLength(4);
});

test('a connection is of the bridges wanted last, when those before did not come into force', async () => {
  const { controller } = await running(['A', 'B', 'C'], { keep: 2 });
  await controller.makeWay(bridgesOf(['A'], 7));
  await controller.makeWay(bridgesOf(['A', 'B', 'C']));
  expect(controller.activeBridges()).toEqual(bridgesOf(['A']));
});

test('connections in use stay in the file, however many', async () => {
  const { clock, broker, controller } = await running(['A', 'B', 'C'], { keep: 1 });
  broker.carries = false;
  for (const letter of ['A', 'B', 'C']) broker.put(letter);
  await clock.advance(6_000);
  expect(controller.activeBridges()).toHaveLength(3);
});

test('a connection that the broker did not get is asked for again', async () => {
  const { clock, broker, options, file, phase, controller } = await running(['A', 'B'], { keep: 1 });
  options.activationFails = true;
  broker.put('A');
  await clock.advance(6_000);
  expect(phase('A')).toBe('waiting');
  expect(controller.activeBridges()).toEqual([]);
  options.activationFails = false;
  await clock.advance(10_000);
  expect(file.at(-1)).toEqual(['peer.DLA']);
  expect(broker.taken(/^start/)).toEqual(['start peer.DLA']);
});

test('of many peers at most 16 are tried at once, and each gets its turn though the first ones never answer well', async () => {
  const names = letters(40);
  const { clock, broker, options, gates, tried, refusing } = await running(names);
  for (const name of names) broker.put(name);
  for (const name of names.slice(0, 30)) refusing.set(`DL${name}`, new AccessError('ACCESS_TIMEOUT', 'silent'));
  options.held = true;
  await clock.advance(POLL_MS);
  expect(gates).toHaveLength(16);
  for (let round = 0; round < 6; round += 1) {
    gates.splice(0).forEach((open) => open());
    // By then those that failed are due again.
    await clock.advance(70_000);
    expect(gates.length).toBeLessThanOrEqual(16);
  }
  expect(new Set(tried).size).toBe(40);
});

test('those who had to wait for their turn get it at the next look', async () => {
  const names = letters(20);
  const { clock, broker, refusing, tried } = await running(names);
  for (const name of names) {
    broker.put(name);
    refusing.set(`DL${name}`, new AccessError('ACCESS_TIMEOUT', 'silent'));
  }
  await clock.advance(POLL_MS);
  expect(new Set(tried).size).toBe(16);
  await clock.advance(POLL_MS);
  expect(new Set(tried).size).toBe(20);
});

test('rechecks count among those tried at once', async () => {
  const names = letters(40);
  const { clock, broker, options, gates } = await running(names);
  for (const name of names) broker.put(name);
  await clock.advance(5_000);
  broker.carries = false;
  options.held = true;
  for (const name of names) broker.put(name);
  await clock.advance(3_000);
  expect(gates).toHaveLength(16);
});

test('looking takes a tenth of the time at most while nothing is in use, and half of it otherwise', async () => {
  const { clock, broker } = await running(['A']);
  const listings = async (): Promise<number> => {
    broker.calls.length = 0;
    await clock.advance(22_000);
    return broker.taken(/listQueues/).length;
  };
  broker.put('A');
  await clock.advance(1_000);
  broker.carries = false;
  broker.slow = 1_000;
  expect([11, 12]).toContain(await listings());
  broker.links.clear();
  broker.queues.clear();
  await clock.advance(20_000);
  let total = 0;
  broker.totalMessageCount = async () => (total += 1);
  expect(await listings()).toBe(2);
});

test('a failed look is followed by others', async () => {
  const { clock, broker, phase } = await running(['A']);
  const answer = broker.brokerConnections.bind(broker);
  broker.brokerConnections = async () => Promise.reject(new Error('down'));
  broker.put('A');
  await clock.advance(1_000);
  expect(phase('A')).toBe('idle');
  broker.brokerConnections = answer;
  await clock.advance(1_000);
  expect(phase('A')).toBe('connected');
});

test('stopped, it leaves connections as they are and looks no more', async () => {
  const { clock, broker, controller } = await running(['A']);
  broker.put('A');
  await clock.advance(1_000);
  await controller.stop();
  broker.calls.length = 0;
  await clock.advance(60_000);
  expect(broker.calls).toEqual([]);
  expect(broker.links.get('peer.DLA')?.started).toBe(true);
});

test('bridges are the same when all they say is', () => {
  const [[one], [same], [moved]] = [bridgesOf(['A']), bridgesOf(['A']), bridgesOf(['A'], 7)];
  if (one === undefined || same === undefined || moved === undefined) throw new Error('no bridge');
  expect([sameBridge(one, one), sameBridge(one, same), sameBridge(one, moved)]).toEqual([true, true, false]);
});
