import { servePages, type ServedPages } from '../http/serve-pages';
import { seenWith, STATUS } from '../../test/faults/model/observation';
import { nodePages } from './node-pages';
import type { NodeStatus } from './status';

const NOW = 100_000;
const status = STATUS;

let current: NodeStatus;
let served: ServedPages;

beforeEach(async () => {
  current = status;
  const pages = nodePages(() => seenWith(current), { now: () => NOW });
  served = await servePages({ host: '127.0.0.1', port: 0, pages });
});
afterEach(() => served.close());

async function ask(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: string; type: string | null }> {
  const answer = await fetch(`http://127.0.0.1:${served.port}${path}`, init);
  return { status: answer.status, body: await answer.text(), type: answer.headers.get('content-type') };
}

test('a node serves while its broker does and a map is live, and lives in any case', async () => {
  expect([await ask('/health/live'), await ask('/health/ready')]).toMatchObject([{ status: 200 }, { status: 200 }]);
  current = { ...status, held: { code: 'X', message: 'held', since: 1 } };
  expect((await ask('/health/ready')).status).toBe(200);
  const { live, ...starting } = status;
  expect(live).toBeDefined();
  current = { ...starting, broker: { kind: 'embedded', state: 'starting' } };
  const answer = await ask('/health/ready');
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    503,
    {
      ready: false,
      reasons: ['the broker is starting', 'no map has gone live yet'],
      map: 'current',
      notes: ['entries of the map that are not taken: 1'],
    },
  ]);
  expect((await ask('/health/live')).status).toBe(200);
});

describe('what keeps a map from going live is told, and keeps no node from serving', () => {
  const url = 'http://map';
  const parked = (code: string, message: string, origin = url) => ({ origin, code, message, since: 1 });
  const withMap = (networkMap: object, ...inputs: NodeStatus['map']['parked']): NodeStatus => ({
    ...{ ...status, networkMap: { url, stale: 0, ...networkMap } },
    map: { ...status.map, parked: [...status.map.parked, ...inputs] },
  });
  const held = { reason: 'it has lost 4 of 5 peers', digest: 'D', since: 1, lost: [] };
  const failure = { code: 'MAP_SERVICE_UNREACHABLE', message: 'connect ECONNREFUSED' };
  const unreachable = { failingSince: 40_000, failure };
  const cases: readonly (readonly [string, NodeStatus, string, readonly string[]])[] = [
    ['all is well', withMap({}), 'current', []],
    [
      'the service is away',
      withMap(unreachable, parked(failure.code, failure.message)),
      'unavailable',
      ['its service has given no map for 60 s: connect ECONNREFUSED'],
    ],
    [
      'a map is held',
      withMap({ held }, parked('MAP_SHRUNK', held.reason)),
      'waiting',
      ['a map waits for the operator: it has lost 4 of 5 peers'],
    ],
    [
      'a map is held, and the service is away since',
      withMap({ held, ...unreachable }, parked('MAP_SHRUNK', held.reason)),
      'unavailable',
      [
        'its service has given no map for 60 s: connect ECONNREFUSED',
        'a map waits for the operator: it has lost 4 of 5 peers',
      ],
    ],
    [
      'parameters are not accepted',
      withMap({ unaccepted: 'AB' }, parked('PARAMETERS_NOT_ACCEPTED', 'by parameters AB')),
      'waiting',
      ['a map waits for the operator to accept its parameters'],
    ],
    [
      'changes are paused',
      withMap({}, parked('MAP_PAUSED', 'held', 'netmap pause')),
      'waiting',
      ['changes of the map are paused by the operator'],
    ],
    [
      'no window is open',
      withMap({}, parked('MAP_OUTSIDE_WINDOW', '1 who join', 'maintenance window')),
      'waiting',
      ['changes of the map wait for a maintenance window'],
    ],
    [
      'the broker has refused it',
      { ...status, held: { code: 'X', message: 'too many', since: 1 } },
      'refused',
      ['the newest map is not live: too many'],
    ],
  ];
  test.each(cases)('%s', async (_, now, map, notes) => {
    current = now;
    const answer = await ask('/health/ready');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      { ready: true, map, notes: [...notes, 'entries of the map that are not taken: 1'] },
    ]);
  });
});

test('one of two brokers with a shared store is ready while it waits for its turn', async () => {
  const { live, ...starting } = status;
  expect(live).toBeDefined();
  for (const state of ['starting', 'lost'] as const) {
    current = { ...starting, broker: { kind: 'attached', state, sharedStore: true } };
    const answer = await ask('/health/ready');
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { ready: true, standby: true }]);
  }
  // Its broker answers and no map is live yet: this is no waiting.
  current = { ...starting, broker: { kind: 'attached', state: 'ready', sharedStore: true } };
  expect((await ask('/health/ready')).status).toBe(503);
});

test('nothing else is there, and nothing can be written', async () => {
  expect([(await ask('/')).status, (await ask('/metrics', { method: 'POST', body: 'x' })).status]).toEqual([404, 404]);
});

test('a port that is taken is an error with a remedy', async () => {
  await expect(servePages({ host: '127.0.0.1', port: served.port, pages: {} })).rejects.toMatchObject({
    code: 'HTTP_LISTEN',
    remedy: expect.stringContaining('another port') as string,
  });
});
