import type { NodeObservation } from '../../../sidecar/control/observe/observer';
import type { NodeStatus } from '../../../sidecar/control/status';

const DAY_MS = 86_400_000;
export const NOW = 100_000;

/** A node that has some of everything, at NOW. */
export const STATUS: NodeStatus = {
  node: { name: 'O=Me, L=London, C=GB', id: 'DLMe' },
  pid: 1,
  startedAt: 0,
  updatedAt: 0,
  broker: { kind: 'embedded', state: 'ready', version: '2.56.0' },
  map: { revision: 3, peers: 4, parked: [{ origin: 'bad.json', code: 'X', message: 'bad', since: 1 }] },
  live: { change: 'c', at: 90_000, tookMs: 5, changes: [] },
  drift: { repairs: 2 },
  peers: [
    ...[
      { id: 'DLA', name: 'O="A, B", L=Rome, C=IT', queued: 7, oldest: 40_000, phase: 'waiting', failures: 3 } as const,
      { id: 'DLB', name: 'O=B, L=Rome, C=IT', queued: 0, phase: 'idle', failures: 0 } as const,
      { id: 'DLC', name: 'O=C, L=Rome, C=IT', queued: 0, phase: 'idle', failures: 0 } as const,
    ].map((peer) => ({ ...peer, peer: peer.id, since: 50_000, addresses: [] })),
  ],
  deadLetters: { total: 5, causes: { rejected: 4, expired: 1 } },
  departed: [{ id: 'DLGone', since: 1, messages: 12 }],
};

/** All that is shown of it. DLC never had anything to tell. */
export const SEEN: NodeObservation = {
  status: STATUS,
  mapConfirmedAt: 95_000,
  traffic: {
    peers: new Map([['DLA', { delivered: 40, inFlight: 2 }]]),
    deliveredTotal: 41,
    deadLetters: new Map([['DLA', { rejected: 3, expired: 1 }]]),
    unrouted: 6,
  },
  ownCertificates: { tls: 200_000, roots: 400_000 },
  peerCertificates: new Map([
    ['DLA', NOW - 1],
    ['DLB', NOW + 20 * DAY_MS],
    ['DLC', NOW + 1_000 * DAY_MS],
  ]),
  counts: {
    applied: { nothing: 2, 'one peer': 1, 'clients of an acceptor': 0, restart: 0 },
    refused: new Map([['APPLY_FAILED', 2]]),
  },
  changes: [],
  driftFailures: 1,
  screen: { accepted: 9, refused: { type: 2 } },
};

export function seenWith(status: NodeStatus): NodeObservation {
  return { ...SEEN, status };
}
