import type { NodeStatus, PeerStatus } from '../control/status';
import { duration } from './duration';
import { parkedText, statusText } from './status-text';

const NOW = 1_000_000_000;

function peer(number: number, more: Partial<PeerStatus> = {}): PeerStatus {
  const name = `O=Peer ${number}, L=London, C=GB`;
  return { id: `DL${number}`, name, addresses: ['a:1'], phase: 'idle', since: NOW - 5000, queued: 0, ...more };
}

function statusOf(more: Partial<NodeStatus> = {}): NodeStatus {
  return {
    node: { name: 'O=Party A, L=London, C=GB', id: 'DLa' },
    pid: 42,
    startedAt: NOW - 7_200_000,
    updatedAt: NOW - 60_000,
    broker: { kind: 'embedded', state: 'ready', version: '2.56.0' },
    map: { revision: 3, peers: 3, parked: [] },
    drift: { repairs: 0 },
    peers: [peer(1), peer(2)],
    ...more,
  };
}

const show = (status: NodeStatus, more = {}) => statusText(status, { alive: true, all: false, now: NOW, ...more });

test('a node where all is well', () => {
  const live = { change: 'x', at: NOW - 3000, tookMs: 120, changes: [] };
  expect(show(statusOf({ live }))).toBe(`node     O=Party A, L=London, C=GB
id       DLa
sidecar  runs as process 42 since 2 h
broker   embedded, ready, Artemis 2.56.0
map      3 nodes, 0 parked, revision 3
live     0 changes 3 s ago, in 120 ms
drift    none
peers    2: 2 idle; 0 messages queued

2 idle peers not shown: --all
`);
});

test('changed certificates that are not taken are told with the reason', () => {
  const certificates = { held: { code: 'NODE_KEY_MISMATCH', message: 'another key', since: NOW - 9000 } };
  const text = show(statusOf({ certificates }));
  expect(text).toContain('tls      the changed certificates are not taken; those of before are in use\nheld     ');
  expect(text).toContain('another key');
});

test('what is wrong stands out: held map, parked inputs, drift, a peer that waits', () => {
  const change = { kind: 'declare', what: '1 queue is made', why: 'drift', blast: 'nothing' } as const;
  const text = show(
    statusOf({
      map: {
        revision: 4,
        peers: 3,
        parked: [{ origin: 'bad.json', code: 'NODE_INFO_X', message: 'torn', remedy: 'copy again', since: NOW }],
      },
      held: { code: 'APPLY_FAILED', message: 'no disk', since: NOW - 9000 },
      drift: { repairs: 1, last: { at: NOW - 1000, changes: [change] } },
      peers: [
        peer(1),
        peer(2, {
          phase: 'waiting',
          queued: 7,
          oldest: NOW - 180_000,
          retryAt: NOW + 4000,
          cause: { code: 'ACCESS_TLS', message: 'refused' },
        }),
      ],
    }),
  );
  expect(text).toContain('held     since 9 s: no disk [APPLY_FAILED]\n');
  expect(text).toContain('drift    repaired 1 time, 1 s ago: 1 queue is made\n');
  expect(text).toContain('peers    2: 1 idle, 1 waiting; 7 messages queued\n');
  expect(text).toContain('parked inputs:\n  bad.json: torn (to do: copy again) [NODE_INFO_X]\n');
  expect(text).toContain(`
peer                      state    since  queued  oldest  next try  cause
O=Peer 2, L=London, C=GB  waiting  5 s    7       3 min   in 4 s    refused [ACCESS_TLS]
1 idle peer not shown: --all
`);
});

test('a map that is held stands once, where it says what lets it go on', () => {
  const url = 'https://map.example';
  const held = { reason: 'it has lost 4 of 5 peers', digest: 'D', since: NOW - 9000, lost: [] };
  const parked = [{ origin: url, code: 'MAP_SHRUNK', message: held.reason, since: NOW - 9000 }];
  const text = show(statusOf({ map: { revision: 4, peers: 5, parked }, networkMap: { url, stale: 0, held } }));
  expect(text).toContain('map      5 nodes, 0 parked, revision 4\n');
  expect(text).toContain('waiting  held since 9 s: it has lost 4 of 5 peers (netmap map accept)\n');
  expect(text.split(held.reason)).toHaveLength(2);
});

test('a sidecar that does not run says of when its words are', () => {
  expect(show(statusOf(), { alive: false })).toContain('sidecar  does not run; what follows is of 60 s ago\n');
});

test('a thousand peers: those in use alone, and all when asked', () => {
  const peers = Array.from({ length: 1000 }, (_, index) => peer(index, index < 3 ? { phase: 'connected' } : {}));
  expect(show(statusOf({ peers })).split('\n').length).toBeLessThan(20);
  expect(show(statusOf({ peers }))).toContain('997 idle peers not shown: --all');
  expect(show(statusOf({ peers }), { all: true }).split('\n').length).toBeGreaterThan(1000);
});

test('a long list is cut, with how many more there are', () => {
  const parked = Array.from({ length: 23 }, (_, index) => ({
    origin: `${index}.json`,
    code: 'X',
    message: 'bad',
    since: NOW,
  }));
  expect(parkedText(parked)).toContain('  and 3 more\n');
  const changes = Array.from({ length: 9 }, () => ({
    kind: 'declare' as const,
    what: 'x'.repeat(500),
    why: '',
    blast: 'nothing' as const,
  }));
  const text = show(statusOf({ live: { change: 'x', at: NOW, tookMs: 1, changes } }));
  expect(text).toContain(`  ${'x'.repeat(160)}…\n`);
  expect(text).toContain('  and 4 more\n');
});

test('what a peer named itself cannot steer the terminal', () => {
  expect(show(statusOf({ node: { name: 'O=\u001b[2J', id: 'DLa' } }))).not.toContain('\u001b');
  expect(show(statusOf({ peers: [peer(1, { name: 'O=\u001b[2J', phase: 'waiting' })] }))).not.toContain('\u001b');
  expect(parkedText([{ origin: '\u001b[2J', code: 'X', message: '\n', since: 0 }])).not.toContain('\u001b');
});

test.each([
  [-5, '0 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [7_200_000, '2 h'],
  [172_800_000, '2 d'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('who has left and still has something here is told, with what waits for him', () => {
  const departed = [
    { id: 'DLc', name: 'O=Party C, L=Rome, C=IT', since: NOW - 7_200_000, messages: 3 },
    { id: 'DLd', since: NOW - 5000, messages: 0 },
  ];
  expect(show(statusOf({ departed }))).toContain(`no longer in the map:
  O=Party C, L=Rome, C=IT: left the map 2 h ago, 3 messages for it stay in its queue
  DLd: left the map 5 s ago, nothing waits for it
`);
});
