import { servePages, type ServedPages } from '../http/serve-pages';
import { nodePages } from './node-pages';
import type { NodeStatus } from './status';

const NOW = 100_000;
const status: NodeStatus = {
  node: { name: 'O=Me, L=London, C=GB', id: 'DLMe' },
  pid: 1,
  startedAt: 0,
  updatedAt: 0,
  broker: { kind: 'embedded', state: 'ready' },
  map: { revision: 3, peers: 4, parked: [{ origin: 'bad.json', code: 'X', message: 'bad', since: 1 }] },
  live: { change: 'c', at: 90_000, tookMs: 5, changes: [] },
  drift: { repairs: 2 },
  peers: [
    ...[
      { id: 'DLA', name: 'O="A, B", L=Rome, C=IT', queued: 7, oldest: 40_000, phase: 'waiting', failures: 3 } as const,
      { id: 'DLB', name: 'O=B, L=Rome, C=IT', queued: 0, phase: 'idle', failures: 0 } as const,
      { id: 'DLC', name: 'O=C, L=Rome, C=IT', queued: 0, phase: 'idle', failures: 0 } as const,
    ].map((peer) => ({ ...peer, peer: peer.id, since: 0, addresses: [] })),
  ],
  deadLetters: { total: 5, causes: { rejected: 4, expired: 1 } },
};

let current: NodeStatus;
let served: ServedPages;

beforeEach(async () => {
  current = status;
  const pages = nodePages(() => current, { now: () => NOW });
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

async function scrape(): Promise<ReadonlyMap<string, number>> {
  const { body, type } = await ask('/metrics');
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = body.split('\n').filter((line) => line.startsWith('netmap_'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

test('metrics say what the status says', async () => {
  const peer = '{peer="DLA",name="O=\\"A, B\\", L=Rome, C=IT"}';
  expect(Object.fromEntries(await scrape())).toEqual({
    netmap_broker_ready: 1,
    netmap_map_peers: 4,
    netmap_map_parked: 1,
    netmap_change_held: 0,
    netmap_drift_repairs: 2,
    netmap_departed_peers: 0,
    netmap_live_timestamp_seconds: 90,
    netmap_map_service_failing_seconds: 0,
    'netmap_dead_letters{cause="rejected"}': 4,
    'netmap_dead_letters{cause="expired"}': 1,
    'netmap_dead_letters{cause="attempts"}': 0,
    'netmap_dead_letters{cause="refused"}': 0,
    'netmap_dead_letters{cause="unroutable"}': 0,
    'netmap_dead_letters{cause="too-large"}': 0,
    'netmap_dead_letters{cause="unsigned"}': 0,
    'netmap_dead_letters{cause="stream"}': 0,
    'netmap_dead_letters{cause="unknown"}': 0,
    [`netmap_peer_messages${peer}`]: 7,
    [`netmap_peer_oldest_seconds${peer}`]: 60,
    [`netmap_peer_failures${peer}`]: 3,
    'netmap_peer_connections{phase="waiting"}': 1,
    'netmap_peer_connections{phase="idle"}': 2,
  });
});

test('what is over is not told any more', async () => {
  await scrape();
  current = { ...status, peers: [], held: { code: 'X', message: 'held', since: 1 }, deadLetters: { total: 200_000 } };
  const values = await scrape();
  expect([...values.keys()].filter((name) => /peer_|cause="rejected"/.test(name))).toEqual([]);
  expect([values.get('netmap_change_held'), values.get('netmap_dead_letters{cause="unsorted"}')]).toEqual([1, 200_000]);
});

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
      notes: ['entries of the map that are not taken: 1'],
    },
  ]);
  expect((await ask('/health/live')).status).toBe(200);
});

test('a map that cannot be reached or is held is told, and keeps no node from serving', async () => {
  const networkMap = { url: 'http://map', stale: 0, failingSince: 40_000 };
  current = { ...status, networkMap, held: { code: 'X', message: 'too many', since: 1 } };
  const answer = await ask('/health/ready');
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    200,
    {
      ready: true,
      notes: [
        'no map could be taken of its service for 60 s',
        'the newest map is not live: too many',
        'entries of the map that are not taken: 1',
      ],
    },
  ]);
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
