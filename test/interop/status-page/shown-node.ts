import { randomBytes } from 'node:crypto';
import type { NodeObservation } from '../../../sidecar/control/observe/observer';
import { pageNode, pagePeers } from '../../../sidecar/control/page/node-page';
import type { NodeStatus, PeerStatus } from '../../../sidecar/control/status';
import { LiveFeed } from '../../../sidecar/http/live-feed';
import { OperatorSessions } from '../../../sidecar/http/operator-sessions';
import { servePages, type ServedPages } from '../../../sidecar/http/serve-pages';
import { systemClock } from '../../../sidecar/lib/clock';
import { silentLogger } from '../../../sidecar/lib/log';
import { SEEN, STATUS } from '../../faults/model/observation';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const PASSWORD = 'correct horse battery';
export const DIGEST = 'A1B2'.repeat(16);

const TOWNS = ['Bergen', 'Rotterdam', 'Porto', 'Gdynia', 'Marseille', 'Antwerp', 'Trieste', 'Cork'];

export function peerOf(at: number, more: Partial<PeerStatus> = {}): PeerStatus {
  const town = TOWNS[at % TOWNS.length] ?? '';
  const id = `DL${at}`;
  return {
    ...{ id, peer: id, name: `O=${town} Shipping${at < TOWNS.length ? '' : ` ${at}`}, L=${town}, C=NO`, phase: 'idle' },
    ...{ addresses: [`${town.toLowerCase()}.example:10002`], since: Date.now() - HOUR_MS, queued: 0, failures: 0 },
    ...more,
  };
}

/** A node as it usually is. */
export function usual(peers: readonly PeerStatus[] = TOWNS.map((_, at) => peerOf(at, usualAt(at)))): NodeObservation {
  const now = Date.now();
  const status: NodeStatus = {
    ...STATUS,
    node: { name: 'O=Harbour Clearing, L=London, C=GB', id: 'DLMe' },
    startedAt: now - 3 * DAY_MS,
    map: { revision: 7, peers: peers.length + 1, parked: [] },
    networkMap: { url: 'https://map.example', stale: 0 },
    live: { change: '5f2c91ab', at: now - HOUR_MS, tookMs: 412, changes: [] },
    peers,
    deadLetters: { total: 0 },
    departed: [],
  };
  const line = { subject: 'O=Cork Shipping, L=Cork, C=NO', why: 'the network map names it', blast: 'nothing' as const };
  return {
    ...SEEN,
    status,
    mapConfirmedAt: now - 9_000,
    traffic: {
      peers: new Map([
        ['DL0', { delivered: 18_204, inFlight: 12 }],
        ['DL1', { delivered: 912, inFlight: 0 }],
      ]),
      deliveredTotal: 19_116,
      deadLetters: new Map(),
      unrouted: 0,
    },
    ownCertificates: { tls: now + 210 * DAY_MS, chain: now + 900 * DAY_MS, roots: now + 3_000 * DAY_MS },
    peerCertificates: new Map(peers.map(({ id }, at) => [id, now + (id === 'DL4' ? 12 : 300 + at) * DAY_MS])),
    changes: [
      {
        ...{ change: '5f2c91ab', outcome: 'live', at: now - HOUR_MS, tookMs: 412, why: 'the map changed' },
        ...{ blast: 'nothing', more: 0, lines: [{ ...line, what: 'joins at cork.example:10002' }] },
      },
      {
        ...{ change: '0c77d3e0', outcome: 'repaired', at: now - 20 * HOUR_MS, tookMs: 0, why: 'drift' },
        ...{ blast: 'nothing', more: 0, lines: [] },
      },
    ],
  };
}

function usualAt(at: number): Partial<PeerStatus> {
  if (at === 0) return { phase: 'connected', queued: 40, oldest: Date.now() - 2_000 };
  return at === 1 ? { phase: 'connected' } : {};
}

/** The same while a peer cannot be reached. */
export function withDeadPeer(): NodeObservation {
  const seen = usual();
  const cause = { code: 'ACCESS_REFUSED', message: 'porto.example:10002 refuses the connection' };
  const dead = { phase: 'waiting', queued: 1_203, oldest: Date.now() - HOUR_MS, failures: 14, cause } as const;
  const peers = seen.status.peers.map((peer) =>
    peer.id === 'DL2' ? { ...peer, ...dead, retryAt: Date.now() + 30_000 } : peer,
  );
  const deadLetters = { total: 3, causes: { expired: 3 } };
  return {
    ...seen,
    status: { ...seen.status, peers, deadLetters },
    traffic: { ...seen.traffic, deadLetters: new Map([['DL2', { expired: 3 }]]) },
  };
}

/** The same while a map waits for the operator. */
export function withHeldMap(): NodeObservation {
  const seen = usual();
  const lost = ['DL2', 'DL3', 'DL4', 'DL5', 'DL6'];
  const held = { reason: 'the network map has lost 5 of 8 peers at once', digest: DIGEST, since: Date.now(), lost };
  const parked = {
    ...{ origin: 'https://map.example/network-map/node-info/9F2C', code: 'NODE_INFO_SIGNATURE', since: Date.now() },
    ...{ message: 'the signature is not of the identity that it names', remedy: 'ask who runs the node' },
  };
  const heldAsInput = { origin: 'https://map.example', code: 'MAP_SHRUNK', message: held.reason, since: held.since };
  return {
    ...seen,
    status: {
      ...seen.status,
      map: { ...seen.status.map, parked: [parked, heldAsInput] },
      networkMap: { url: 'https://map.example', stale: 0, held },
    },
  };
}

export interface ShownNode {
  readonly url: string;
  readonly accepted: string[];
  show(seen: NodeObservation): void;
  close(): Promise<void>;
}

/** A node that shows what it is told to. */
export async function serveNode(
  seen: NodeObservation,
  { password = PASSWORD, port = 0 }: { password?: string | undefined; port?: number } = {},
): Promise<ShownNode> {
  let current = seen;
  const accepted: string[] = [];
  const canAccept = password !== '';
  const accept = async (digest: string): Promise<boolean> => {
    if (current.status.networkMap?.held?.digest !== digest) return false;
    accepted.push(digest);
    return true;
  };
  const newToken = (): string => randomBytes(32).toString('base64url');
  const served: ServedPages = await servePages({
    host: '127.0.0.1',
    port,
    pages: { '/metrics': () => ({ status: 200, contentType: 'text/plain', body: '' }) },
    site: {
      feed: new LiveFeed({
        node: () => pageNode(current, { version: '0.1.0', canAccept, now: Date.now() }),
        peers: () => pagePeers(current),
        clock: systemClock,
      }),
      names: ['netmap.example'],
      log: silentLogger,
      ...(canAccept && {
        operator: { sessions: new OperatorSessions({ password, clock: systemClock, newToken }), accept },
      }),
    },
  });
  return {
    url: `http://127.0.0.1:${served.port}`,
    accepted,
    show: (next) => (current = next),
    close: () => served.close(),
  };
}
