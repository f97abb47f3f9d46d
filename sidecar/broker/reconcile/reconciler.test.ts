import { BrokerModel } from '../../../test/faults/model/broker-model';
import { ModelFiles } from '../../../test/faults/model/model-files';
import { ModelManagement } from '../../../test/faults/model/model-management';
import { MATERIAL, peer, planFor } from '../../../test/faults/model/network';
import { Tap } from '../../../test/faults/model/tap';
import type { BrokerPlan } from '../../plan/broker-plan';
import { BROKER_PROPERTIES, BROKER_XML } from '../../render/instance';
import { ManagementError } from '../management-error';
import { BrokerOperations } from '../operations';
import { mayRetry, Reconciler, type WantedBroker } from './reconciler';

const [A, B] = [peer('A'), peer('B')];
const timeout = new ManagementError('MANAGEMENT_TIMEOUT', 'no answer');

const wantedOf = (plan: BrokerPlan): WantedBroker => ({ plan, stores: MATERIAL.stores, active: plan.bridges });

function setUp({ own = true, errors = [] as string[] } = {}) {
  const disk = new Map<string, string>();
  const broker = new BrokerModel(disk, () => true);
  const tap = new Tap();
  const restarts: string[] = [];
  const restart = async (): Promise<void> => {
    restarts.push(disk.get(BROKER_XML) ?? '');
    broker.start();
  };
  const create = (): Reconciler =>
    new Reconciler({
      operations: new BrokerOperations(new ModelManagement(broker, tap.passage)),
      files: new ModelFiles(disk, tap.passage),
      fixedFiles: [{ path: 'etc/log4j2.properties', content: 'log', effect: 'none', secret: false }],
      validate: async () => errors,
      ...(own ? { restart } : {}),
    });
  return { disk, broker, tap, restarts, errors, create, reconciler: create() };
}

/** A broker that runs as a map of A alone says. */
async function running(options: { own?: boolean } = {}) {
  const set = setUp(options);
  await set.reconciler.prepare(wantedOf(planFor([A])));
  set.broker.start();
  await set.reconciler.apply(wantedOf(planFor([A])), 'start');
  set.tap.takeWrites();
  return set;
}

test('prepares all files, the log settings too, for a broker that does not run', async () => {
  const { reconciler, disk, broker, tap } = setUp();
  await reconciler.prepare(wantedOf(planFor([A])));
  broker.start();
  expect(disk.get('etc/log4j2.properties')).toBe('log');
  tap.takeWrites();
  await reconciler.apply(wantedOf(planFor([A])), 'start');
  // What the files say was read at the start: only what they cannot say is left to do.
  expect(tap.takeWrites().map((what) => what.split(' ')[0])).toEqual([
    'createAddress',
    'createAddress',
    'createAddress',
    'createQueue',
  ]);
});

test('a new peer: stores, then addresses and queue, then logins, then permission and connection', async () => {
  const { reconciler, tap } = await running();
  const reports = await reconciler.apply(wantedOf(planFor([A, B])), 'the map changed');
  expect(reports.map(({ kind, blast }) => `${kind}: ${blast}`)).toEqual([
    'write-stores: nothing',
    'declare: nothing',
    'write-logins: nothing',
    'write-configuration: nothing',
  ]);
  expect(tap.takeWrites()).toEqual([
    'write etc/stores/peers/DLB.pem',
    'createAddress p2p.inbound.DLMe.from.DLB',
    'createAddress internal.peers.DLB',
    'createQueue internal.peers.DLB',
    'write etc/p2p-certificates.properties',
    'write etc/p2p-certificate-roles.properties',
    'write etc/broker.properties',
    'write etc/broker.xml',
    'reloadConfigurationFile',
  ]);
});

test('the same again writes nothing', async () => {
  const { reconciler, tap, create, broker } = await running();
  expect(await reconciler.apply(wantedOf(planFor([A])), 'poll')).toEqual([]);
  reconciler.forget();
  expect(await reconciler.apply(wantedOf(planFor([A])), 'drift')).toEqual([]);
  expect(tap.takeWrites()).toEqual([]);
  const another = create();
  await another.prepare(wantedOf(planFor([A])));
  broker.start();
  tap.takeWrites();
  expect(await another.apply(wantedOf(planFor([A])), 'start')).toEqual([]);
  expect(tap.takeWrites()).toEqual([]);
});

test('a peer that changes or leaves touches that peer alone; its queue stays', async () => {
  const { reconciler, broker } = await running();
  const moved = await reconciler.apply(wantedOf(planFor([peer('A', 7)])), 'the map changed');
  expect(moved.map(({ kind, blast }) => `${kind}: ${blast}`)).toEqual(['write-configuration: one peer']);
  const left = await reconciler.apply(wantedOf(planFor([])), 'the map changed');
  expect(left.at(-1)).toMatchObject({ kind: 'write-configuration', blast: 'one peer' });
  expect(broker.queues.has('internal.peers.DLA')).toBe(true);
  expect(broker.grants.has('p2p.inbound.DLMe.from.DLA')).toBe(false);
});

test('what the schema refuses is told before anything is written', async () => {
  const { reconciler, tap, errors } = await running();
  errors.push('line 3: no such element', 'b', 'c', 'd');
  await expect(reconciler.apply(wantedOf(planFor([A, B])), 'x')).rejects.toMatchObject({
    code: 'APPLY_INVALID',
    decision: 'alarm',
    message: "the broker's schema refuses the configuration: line 3: no such element; b; c",
  });
  await expect(reconciler.prepare(wantedOf(planFor([A, B])))).rejects.toMatchObject({ code: 'APPLY_INVALID' });
  expect(tap.takeWrites()).toEqual([]);
});

test.each([
  ['an address is not made', /^createAddress internal/, false],
  ['a file cannot be written', /^write etc\/broker.xml/, false],
  ['the reload fails', /^reload/, false],
  ['the reload is done without an answer', /^reload/, true],
  ['the state cannot be asked for', /^getStatus/, false],
])('when %s all files are as before, and the broker too', async (_what, at, done) => {
  const { reconciler, tap, disk, broker } = await running();
  const before = new Map(disk);
  const grants = broker.grants;
  tap.fail(at, timeout, { done });
  const error = await reconciler.apply(wantedOf(planFor([A, B])), 'x').catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'APPLY_FAILED', cause: timeout });
  expect(mayRetry(error)).toBe(true);
  expect(disk).toEqual(before);
  expect(broker.grants).toEqual(grants);
  await reconciler.apply(wantedOf(planFor([A, B])), 'again');
  expect(broker.grants.has('p2p.inbound.DLMe.from.DLB')).toBe(true);
});

test('when the broker takes the files and does not do what they say, that is undone, too', async () => {
  const { reconciler, disk, broker } = await running();
  const before = new Map(disk);
  const load = broker.load.bind(broker);
  let loads = 0;
  broker.load = () => {
    loads += 1;
    if (loads > 1) load();
  };
  await expect(reconciler.apply(wantedOf(planFor([A, B])), 'x')).rejects.toMatchObject({
    code: 'APPLY_NOT_LIVE',
    message: `the broker has not read the permissions of ${BROKER_PROPERTIES}`,
  });
  expect(loads).toBe(2);
  expect(disk).toEqual(before);
});

test('after an undo that failed the broker reads its files again, whatever is on disk', async () => {
  const { reconciler, tap, broker } = await running();
  tap.fail(/^reload/, timeout, { times: 2 });
  await expect(reconciler.apply(wantedOf(planFor([A, B])), 'x')).rejects.toMatchObject({ code: 'APPLY_UNDO_FAILED' });
  tap.takeWrites();
  const reports = await reconciler.apply(wantedOf(planFor([A])), 'the last good one');
  expect(reports).toMatchObject([{ kind: 'write-configuration', what: expect.stringMatching(/read again/) as string }]);
  expect(tap.takeWrites()).toEqual(['reloadConfigurationFile']);
  expect(broker.grants.has('p2p.inbound.DLMe.from.DLB')).toBe(false);
});

describe('a broker that runs elsewhere', () => {
  test('may have read older files than a new sidecar finds, and reads them again', async () => {
    const { reconciler, create, tap, broker } = await running({ own: false });
    tap.fail(/^reload/, new Error('killed before the reload'), { times: 3 });
    await expect(reconciler.apply(wantedOf(planFor([A, B])), 'x')).rejects.toThrow();
    await expect(reconciler.apply(wantedOf(planFor([A, B])), 'x')).rejects.toThrow();
    tap.takeWrites();
    await create().apply(wantedOf(planFor([A])), 'start');
    expect(tap.takeWrites()).toContain('reloadConfigurationFile');
    expect(broker.grants.has('p2p.inbound.DLMe.from.DLB')).toBe(false);
  });

  test('cannot be started anew from here: what needs that is told, and nothing is written', async () => {
    const { reconciler, tap } = await running({ own: false });
    const plan = planFor([A]);
    const other = { ...plan, base: { ...plan.base, journal: { ...plan.base.journal, minFiles: 9 } } };
    await expect(reconciler.apply(wantedOf(other), 'x')).rejects.toMatchObject({
      code: 'APPLY_RESTART_NEEDED',
      decision: 'alarm',
    });
    expect(tap.takeWrites()).toEqual([]);
  });
});

test('a setting that is read at a start only restarts an own broker', async () => {
  const { reconciler, restarts } = await running();
  const plan = planFor([A]);
  const other = { ...plan, base: { ...plan.base, journal: { ...plan.base.journal, minFiles: 9 } } };
  const reports = await reconciler.apply(wantedOf(other), 'x');
  expect(reports).toMatchObject([{ kind: 'restart', blast: 'restart' }]);
  expect(restarts).toHaveLength(1);
  expect(restarts[0]).toContain('<journal-min-files>9<');
});

describe('drift', () => {
  const drift = async (damage: (set: Awaited<ReturnType<typeof running>>) => void): Promise<string[]> => {
    const set = await running();
    damage(set);
    set.reconciler.forget();
    const reports = await set.reconciler.apply(wantedOf(planFor([A])), 'drift');
    expect(await set.reconciler.apply(wantedOf(planFor([A])), 'drift')).toEqual([]);
    return reports.map(({ kind }) => kind);
  };

  test.each([
    ['a queue is gone', 'declare', ({ broker }: { broker: BrokerModel }) => broker.queues.delete('internal.peers.DLA')],
    [
      'a static queue is gone',
      'declare',
      ({ broker }: { broker: BrokerModel }) => broker.queues.delete('p2p.inbound.DLMe'),
    ],
    [
      'a file was changed',
      'write-configuration',
      ({ disk }: { disk: Map<string, string> }) => disk.set(BROKER_PROPERTIES, ''),
    ],
  ])('%s: it is repaired', async (_what, kind, damage) => {
    expect(await drift((set) => void damage(set))).toEqual([kind]);
  });

  test('the broker has read another file than the one that is there: it reads again', async () => {
    const kinds = await drift(({ broker, disk }) => {
      const good = disk.get(BROKER_PROPERTIES) ?? '';
      disk.set(BROKER_PROPERTIES, `${good}securityRoles."a"."b".send=true\n`);
      broker.load();
      disk.set(BROKER_PROPERTIES, good);
    });
    expect(kinds).toEqual(['write-configuration']);
  });
});
