import { OWN, peer, planFor } from '../../test/faults/model/network';
import { DRIFT_MS, sidecarUnderTest } from '../../test/faults/model/sidecar-under-test';
import { ManagementError } from '../broker/management-error';
import { ApplyError } from '../broker/reconcile/change';
import type { BrokerPlan } from '../plan/broker-plan';
import { NodeError } from './node-error';

const [A, B, C] = [peer('A'), peer('B'), peer('C')];
const timeout = new ManagementError('MANAGEMENT_TIMEOUT', 'no answer');
const disproof = new ApplyError('APPLY_NOT_LIVE', 'a probe did not arrive');

describe('at the start', () => {
  test('the broker is as the first map says, and proven, when it is done', async () => {
    const { start, granted, proofs, kept, sidecar } = sidecarUnderTest();
    await start([A, OWN]);
    expect(granted()).toBe('A');
    expect(proofs).toEqual([{ plan: planFor([A]), before: undefined }]);
    expect(kept.serials).toEqual([
      new Map([
        ['DLA', 1n],
        ['DLMe', 1n],
      ]),
    ]);
    expect(kept.plans).toEqual([planFor([A])]);
    expect(sidecar.status()).toMatchObject({
      node: { name: 'O=Party Me, L=London, C=GB', id: 'DLMe' },
      broker: { kind: 'embedded', state: 'ready', version: '2.56.0' },
      map: { revision: 1, peers: 2, parked: [] },
      live: { changes: [{ kind: 'declare' }] },
      drift: { repairs: 0 },
      peers: [{ id: 'DLA', phase: 'idle', addresses: ['a.example:10000'] }],
    });
    expect(sidecar.id).toBe('DLMe');
  });

  test('what keeps it from that is thrown, and nobody is connected', async () => {
    const { start, disproofs, sidecar, tried, model } = sidecarUnderTest();
    disproofs.push(disproof);
    await expect(start([A])).rejects.toBe(disproof);
    expect(tried).toEqual([]);
    await sidecar.stop();
    expect(model.up).toBe(false);
  });

  test('a map that changes meanwhile is followed at once', async () => {
    const { pass, map, sidecar, granted } = sidecarUnderTest();
    map.write([A]);
    const started = sidecar.start(new AbortController().signal);
    await pass(100);
    map.write([A, B]);
    await pass(2_000);
    await started;
    expect(granted()).toBe('AB');
  });

  test('a broker that runs elsewhere and has no files yet gets them at once', async () => {
    const { start, disk, model, pass, broker } = sidecarUnderTest('attached');
    broker.operations.version = () => new Promise(() => undefined);
    void start([A]).catch(() => undefined);
    await pass(0);
    expect([disk.has('etc/broker.xml'), model.up]).toEqual([true, false]);
  });

  test('a broker that runs elsewhere keeps its connections, and its files until they are changed step by step', async () => {
    const { start, model, disk, tap, tried, bridges } = sidecarUnderTest('attached', 0);
    const first = sidecarUnderTest('attached');
    void first.start([A, B]).catch(() => undefined);
    await first.pass(100);
    for (const [path, content] of first.disk) disk.set(path, content);
    model.start();
    for (const name of ['DLA', 'DLB']) {
      model.addresses.set(`p2p.inbound.DLMe.from.${name}`, 'MULTICAST').set(`internal.peers.${name}`, 'ANYCAST');
      model.queues.set(`internal.peers.${name}`, { address: '', filter: '', messages: 0, settled: 0 });
    }
    const connection = model.connections.get('peer.DLA');
    if (connection === undefined) throw new Error('no connection');
    connection.started = true;
    const writes: string[] = [];
    const write = disk.set.bind(disk);
    disk.set = (path, content) => {
      writes.push(path);
      return write(path, content);
    };
    await start([A]);
    expect(writes).toEqual([
      'etc/p2p-certificates.properties',
      'etc/p2p-certificate-roles.properties',
      'etc/broker.properties',
      'etc/broker.xml',
    ]);
    expect(model.connections.get('peer.DLA')?.started).toBe(true);
    expect(bridges.status()).toMatchObject([{ peer: 'DLA', phase: 'connected' }]);
    expect([tried, tap.takeWrites()]).toEqual([[], []]);
  });
});

describe('when the map changes', () => {
  test('the broker follows, and what went live is told with the time that it took', async () => {
    const { pass, start, map, granted, kept, log, proofs } = sidecarUnderTest();
    await start([A]);
    map.write([A, B]);
    await pass(0);
    expect(granted()).toBe('AB');
    expect(log).toEqual([{ level: 'info', message: 'live' }]);
    expect(proofs.at(-1)).toEqual({ plan: planFor([A, B]), before: planFor([A]) });
    expect(kept.statuses.at(-1)?.live).toMatchObject({
      tookMs: 0,
      change: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
    });
    expect(kept.serials.at(-1)?.has('DLB')).toBe(true);
  });

  test('of many changes at once the newest counts', async () => {
    const { pass, start, map, granted, proofs } = sidecarUnderTest();
    await start([A]);
    for (const peers of [[A, B], [B], [B, C]]) map.write(peers);
    await pass(0);
    expect(granted()).toBe('BC');
    expect(proofs).toHaveLength(2);
  });

  test('a change that changes nothing here writes nothing, and is not proven again', async () => {
    const { pass, start, map, tap, proofs, log } = sidecarUnderTest();
    await start([A]);
    map.write([A]);
    await pass(100);
    expect([tap.takeWrites(), proofs.length, log]).toEqual([[], 1, []]);
  });

  test('a failure that may pass is held, told once, and tried again until it has passed', async () => {
    const { pass, start, map, tap, granted, sidecar, log } = sidecarUnderTest();
    await start([A]);
    tap.fail(/^reload/, timeout, { times: 6 });
    map.write([A, B]);
    await pass(500);
    expect(granted()).toBe('A');
    expect(sidecar.status().held).toMatchObject({ code: 'APPLY_UNDO_FAILED', since: 1_002_000 });
    await pass(20_000);
    expect(granted()).toBe('AB');
    expect(sidecar.status().held).toBeUndefined();
    expect(log.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  test('a failure that does not pass is held, and the next map is taken', async () => {
    const { pass, start, map, tap, granted, sidecar, disk } = sidecarUnderTest();
    await start([A]);
    const before = new Map(disk);
    tap.fail(/^createAddress internal/, new ManagementError('MANAGEMENT_REFUSED', 'no'));
    map.write([A, B]);
    await pass(DRIFT_MS * 3);
    expect(granted()).toBe('A');
    expect(disk).toEqual(before);
    expect(sidecar.status().held).toMatchObject({
      code: 'APPLY_FAILED',
      message: expect.stringContaining('no') as string,
    });
    map.write([A, C]);
    await pass(0);
    expect([granted(), sidecar.status().held]).toEqual(['AC', undefined]);
  });

  test('what is held is tried again when the broker has started anew', async () => {
    const { pass, start, map, tap, granted, model } = sidecarUnderTest();
    await start([A]);
    tap.fail(/^createAddress internal/, new ManagementError('MANAGEMENT_REFUSED', 'no'));
    map.write([A, B]);
    await pass(100);
    expect(granted()).toBe('A');
    model.stop();
    await pass(5_000);
    expect(granted()).toBe('AB');
  });

  test('a map of which no plan can be made is held, and the broker is as before', async () => {
    const { pass, start, map, granted, sidecar, tap } = sidecarUnderTest();
    await start([A]);
    const twin = { ...B, identities: [{ ...B.identities[0], name: A.identities[0].name }] as const };
    map.write([A, twin]);
    await pass(100);
    expect(sidecar.status().held?.code).toBe('PLAN_NAME_TWICE');
    expect([granted(), tap.takeWrites()]).toEqual(['A', []]);
  });

  test('what does not work in use is taken back', async () => {
    const { pass, start, map, granted, sidecar, disproofs, disk } = sidecarUnderTest();
    await start([A]);
    const before = new Map(disk);
    disproofs.push(disproof);
    map.write([B]);
    await pass(100);
    expect(granted()).toBe('A');
    expect(disk.get('etc/broker.xml')).toBe(before.get('etc/broker.xml'));
    expect(sidecar.status()).toMatchObject({ held: { code: 'APPLY_NOT_LIVE', message: 'a probe did not arrive' } });
    expect(sidecar.status().peers).toMatchObject([{ id: 'DLB' }]);
  });

  test('a plan that could neither be proven nor taken back is proven before it counts as live', async () => {
    const { pass, start, map, tap, proofs, disproofs, sidecar } = sidecarUnderTest();
    await start([A]);
    disproofs.push(disproof, disproof);
    map.write([A, B]);
    // The reload to the plan goes well, that back does not.
    tap.fail(/^reload/, timeout, { after: 1 });
    await pass(500);
    const tries = proofs.length;
    await pass(10_000);
    expect(proofs.length).toBeGreaterThan(tries);
    expect(sidecar.status().held).toBeDefined();
  });

  test('serials that cannot be kept hold the map: an older one could come back', async () => {
    const { pass, start, map, kept, granted, sidecar } = sidecarUnderTest();
    await start([A]);
    kept.failing.add('serials');
    map.write([A, B]);
    await pass(500);
    expect([granted(), sidecar.status().held?.code]).toEqual(['A', 'UNEXPECTED']);
    kept.failing.clear();
    await pass(5_000);
    expect(granted()).toBe('AB');
  });

  test('a status or plan that cannot be kept holds nothing', async () => {
    const { pass, start, map, kept, granted, sidecar, log } = sidecarUnderTest();
    await start([A]);
    kept.failing.add('status').add('plan');
    map.write([A, B]);
    await pass(500);
    expect([granted(), sidecar.status().held]).toEqual(['AB', undefined]);
    expect(log.map(({ message }) => message)).toContain('the live plan could not be kept');
    kept.failing.clear();
    await pass(2_000);
    expect(kept.statuses.at(-1)?.map.peers).toBe(2);
  });
});

describe('connections', () => {
  test('a peer is connected when it has messages, after its plan is live', async () => {
    const { pass, start, map, model, tried, disproofs } = sidecarUnderTest();
    await start([A]);
    model.queues.set('internal.peers.DLB', { address: 'internal.peers.DLB', filter: '', messages: 2, settled: 0 });
    disproofs.push(disproof);
    map.write([A, B]);
    await pass(3_000);
    expect(tried).toEqual([]);
    map.write([A, B, C]);
    await pass(3_000);
    expect(tried).toEqual(['DLB']);
    expect(model.queues.get('internal.peers.DLB')).toMatchObject({ messages: 0, settled: 2 });
  });
});

describe('drift', () => {
  test('is repaired at the next look, and told', async () => {
    const { pass, start, model, sidecar, log } = sidecarUnderTest();
    await start([A]);
    model.queues.delete('internal.peers.DLA');
    await pass(DRIFT_MS);
    expect(model.queues.has('internal.peers.DLA')).toBe(true);
    expect(sidecar.status().drift).toMatchObject({
      repairs: 1,
      last: { changes: [{ kind: 'declare', why: 'drift' }] },
    });
    expect(log).toEqual([{ level: 'warn', message: 'drift repaired' }]);
    await pass(3 * DRIFT_MS);
    expect(sidecar.status().drift.repairs).toBe(1);
  });

  test('is looked for when the broker has started anew', async () => {
    const { pass, start, model, log } = sidecarUnderTest();
    await start([A]);
    model.stop();
    model.queues.delete('internal.peers.DLA');
    await pass(2_000);
    expect(model.queues.has('internal.peers.DLA')).toBe(true);
    expect(log.map(({ message }) => message)).toEqual([
      'broker: ready -> stopped',
      'broker: starting -> ready',
      'drift repaired',
    ]);
  });

  test('that cannot be repaired is told, and tried again', async () => {
    const { pass, start, model, tap, log } = sidecarUnderTest();
    await start([A]);
    model.queues.delete('internal.peers.DLA');
    tap.fail(/^createQueue/, timeout);
    await pass(DRIFT_MS);
    expect(log).toEqual([{ level: 'warn', message: 'drift could not be looked for or repaired' }]);
    await pass(DRIFT_MS);
    expect(model.queues.has('internal.peers.DLA')).toBe(true);
  });
});

describe('the end', () => {
  test('nothing is done any more, and an own broker is stopped', async () => {
    const { pass, start, map, model, sidecar, tap, kept } = sidecarUnderTest();
    await start([A]);
    await sidecar.stop();
    expect(model.up).toBe(false);
    map.write([A, B]);
    tap.takeWrites();
    const { length } = kept.statuses;
    await pass(10 * DRIFT_MS);
    expect(tap.seen).toEqual([]);
    expect(kept.statuses).toHaveLength(length);
    expect(kept.statuses.at(-1)?.broker.state).toBe('lost');
  });

  test('a change that is being made is made wholly first', async () => {
    const { start, map, model, sidecar, granted, pass } = sidecarUnderTest('attached');
    void pass(10).then(() => model.start());
    await start([A]);
    map.write([A, B]);
    await Promise.resolve();
    await sidecar.stop();
    expect([granted(), model.up]).toEqual(['AB', true]);
  });
});

test('what the map does not take is shown with its reason', async () => {
  const { pass, start, map, sidecar, kept } = sidecarUnderTest();
  await start([A]);
  const error = new NodeError('NODE_CHAIN', 'bad chain', { remedy: 'ask', cause: new Error('expired') });
  map.write([A], { parked: [{ origin: 'b.json', error, since: 5 }] });
  await pass(1_000);
  const parked = [{ origin: 'b.json', code: 'NODE_CHAIN', message: 'bad chain: expired', remedy: 'ask', since: 5 }];
  expect(sidecar.status().map.parked).toEqual(parked);
  expect(kept.statuses.at(-1)?.map.parked).toEqual(parked);
});

describe('when the RPC users change', () => {
  /** Who may log in at the acceptor `rpc`, as the plan that was kept last says. */
  const usersOf = (plans: readonly BrokerPlan[]): string =>
    (plans.at(-1)?.loginDomains.find(({ name }) => name === 'rpc')?.passwords ?? []).map(({ user }) => user).join();

  test('they go live at once, are proven, and what the others had open is looked after', async () => {
    const { pass, start, users, kept, proofs, lookedAfter, sidecar } = sidecarUnderTest();
    await start([A]);
    users.write('alice', 'bob');
    await pass(100);
    expect(usersOf(kept.plans)).toBe('alice,bob');
    expect(sidecar.status()).toMatchObject({ rpcUsers: { count: 2 }, live: { changes: expect.anything() as unknown } });
    expect(proofs).toHaveLength(2);
    users.write('bob');
    await pass(100);
    expect([usersOf(kept.plans), usersOf(lookedAfter)]).toEqual(['bob', 'bob']);
  });

  test('a map that is held keeps no user in, and stays held', async () => {
    const { pass, start, map, users, kept, granted, sidecar } = sidecarUnderTest();
    await start([A]);
    users.write('alice');
    await pass(100);
    const twin = { ...B, identities: [{ ...B.identities[0], name: A.identities[0].name }] as const };
    map.write([A, twin]);
    await pass(100);
    users.write();
    await pass(500);
    expect([usersOf(kept.plans), granted(), sidecar.status().held?.code]).toEqual(['', 'A', 'PLAN_NAME_TWICE']);
  });

  test('what fails is tried again', async () => {
    const { pass, start, users, kept, tap } = sidecarUnderTest();
    await start([A]);
    tap.fail(/^reload/, timeout, { times: 2 });
    users.write('alice');
    await pass(500);
    await pass(20_000);
    expect(usersOf(kept.plans)).toBe('alice');
  });

  test('why their file is not taken is in the status', async () => {
    const { pass, start, users, kept } = sidecarUnderTest();
    await start([A]);
    users.held = { code: 'CONFIG_INVALID', message: 'no', since: 5 };
    await pass(2_000);
    expect(kept.statuses.at(-1)?.rpcUsers?.held).toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
