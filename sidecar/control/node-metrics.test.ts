import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NOW, SEEN, seenWith, STATUS } from '../../test/faults/model/observation';
import { packageRoot } from '../lib/package-root';
import { NODE_METRICS } from './node-metric-list';
import { NodeMetrics } from './node-metrics';
import type { NodeObservation } from './observe/observer';
import type { PeerStatus } from './status';

async function scrape(seen: NodeObservation): Promise<ReadonlyMap<string, number>> {
  const text = await new NodeMetrics(() => seen, { now: () => NOW }).text();
  const lines = text.split('\n').filter((line) => line.startsWith('netmap_'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

test('metrics say what is seen', async () => {
  const a = 'peer="DLA",name="O=\\"A, B\\", L=Rome, C=IT"';
  const b = 'peer="DLB",name="O=B, L=Rome, C=IT"';
  const values = Object.fromEntries([...(await scrape(SEEN))].filter(([name]) => !name.includes('build_info')));
  expect(values).toEqual({
    'netmap_node_info{id="DLMe",name="O=Me, L=London, C=GB"}': 1,
    'netmap_broker_info{version="2.56.0",kind="embedded"}': 1,
    netmap_broker_ready: 1,
    netmap_map_peers: 4,
    netmap_map_parked_inputs: 1,
    netmap_map_paused: 0,
    netmap_map_outside_window: 0,
    netmap_map_confirmed_timestamp_seconds: 95,
    netmap_map_service_failing_seconds: 0,
    netmap_map_held: 0,
    netmap_parameters_waiting: 0,
    netmap_change_held: 0,
    netmap_rpc_users_held: 0,
    'netmap_changes_applied_total{blast="nothing"}': 2,
    'netmap_changes_applied_total{blast="one peer"}': 1,
    'netmap_changes_applied_total{blast="clients of an acceptor"}': 0,
    'netmap_changes_applied_total{blast="restart"}': 0,
    'netmap_changes_refused_total{code="APPLY_FAILED"}': 2,
    netmap_live_timestamp_seconds: 90,
    netmap_live_duration_seconds: 0.005,
    netmap_drift_repairs_total: 2,
    netmap_drift_failures_total: 1,
    netmap_departed_peers: 1,
    netmap_departed_messages: 12,
    'netmap_dead_letters{cause="rejected"}': 4,
    'netmap_dead_letters{cause="expired"}': 1,
    'netmap_dead_letters{cause="attempts"}': 0,
    'netmap_dead_letters{cause="refused"}': 0,
    'netmap_dead_letters{cause="unroutable"}': 0,
    'netmap_dead_letters{cause="too-large"}': 0,
    'netmap_dead_letters{cause="unsigned"}': 0,
    'netmap_dead_letters{cause="stream"}': 0,
    'netmap_dead_letters{cause="unknown"}': 0,
    netmap_unrouted_messages_total: 6,
    netmap_queued_messages: 7,
    netmap_delivered_messages_total: 41,
    'netmap_peers{state="idle"}': 2,
    'netmap_peers{state="checking"}': 0,
    'netmap_peers{state="starting"}': 0,
    'netmap_peers{state="connected"}': 0,
    'netmap_peers{state="waiting"}': 1,
    'netmap_certificate_expiry_timestamp_seconds{certificate="tls"}': 200,
    'netmap_certificate_expiry_timestamp_seconds{certificate="roots"}': 400,
    'netmap_peer_certificates_expiring{days="0"}': 1,
    'netmap_peer_certificates_expiring{days="7"}': 1,
    'netmap_peer_certificates_expiring{days="30"}': 2,
    'netmap_peer_certificates_expiring{days="90"}': 2,
    netmap_peers_untold: 0,
    [`netmap_peer_queued_messages{${a}}`]: 7,
    [`netmap_peer_queued_messages{${b}}`]: 0,
    [`netmap_peer_oldest_message_age_seconds{${a}}`]: 60,
    [`netmap_peer_oldest_message_age_seconds{${b}}`]: 0,
    [`netmap_peer_in_flight_messages{${a}}`]: 2,
    [`netmap_peer_in_flight_messages{${b}}`]: 0,
    [`netmap_peer_delivered_messages_total{${a}}`]: 40,
    [`netmap_peer_delivered_messages_total{${b}}`]: 0,
    [`netmap_peer_consecutive_failures{${a}}`]: 3,
    [`netmap_peer_consecutive_failures{${b}}`]: 0,
    [`netmap_peer_state_timestamp_seconds{${a},state="waiting"}`]: 50,
    [`netmap_peer_state_timestamp_seconds{${b},state="idle"}`]: 50,
    [`netmap_peer_dead_letters{${a},cause="rejected"}`]: 3,
    [`netmap_peer_dead_letters{${a},cause="expired"}`]: 1,
    [`netmap_peer_certificate_expiry_timestamp_seconds{${a}}`]: (NOW - 1) / 1000,
    [`netmap_peer_certificate_expiry_timestamp_seconds{${b}}`]: NOW / 1000 + 20 * 86_400,
    netmap_screen_accepted_messages_total: 9,
    'netmap_screen_refused_messages_total{reason="type"}': 2,
  });
});

test('what is over, or is not there, is not told', async () => {
  let seen: NodeObservation = SEEN;
  const metrics = new NodeMetrics(() => seen, { now: () => NOW });
  await metrics.text();
  const { live, ...starting } = STATUS;
  expect(live).toBeDefined();
  const { screen, mapConfirmedAt, ...rest } = seenWith({
    ...starting,
    peers: [],
    held: { code: 'X', message: 'held', since: 1 },
    deadLetters: { total: 200_000 },
  });
  expect([screen, mapConfirmedAt]).not.toContain(undefined);
  seen = rest;
  const text = await metrics.text();
  expect(text.split('\n').filter((line) => /^netmap_(?:peer_[^c]|live|screen|map_confirmed)/.test(line))).toEqual([]);
  expect(text).toContain('\nnetmap_change_held 1\n');
  expect(text).toContain('\nnetmap_dead_letters{cause="unsorted"} 200000\n');
  expect(text).not.toContain('cause="rejected"');
});

test('what waits for the operator, a pause or a window is no parked input; it has metrics of its own', async () => {
  const url = 'https://map.example';
  const inputs = [
    [url, 'MAP_SHRUNK'],
    ['netmap pause', 'MAP_PAUSED'],
    ['maintenance window', 'MAP_OUTSIDE_WINDOW'],
    ['bad.json', 'NODE_INFO_SIGNATURE'],
  ] as const;
  const parked = inputs.map(([origin, code]) => ({ origin, code, message: code, since: 1 }));
  const held = { reason: 'it has lost 4 of 5 peers', digest: 'D', since: 1, lost: [] };
  const values = await scrape(
    seenWith({ ...STATUS, map: { ...STATUS.map, parked }, networkMap: { url, stale: 0, held } }),
  );
  const names = ['parked_inputs', 'held', 'paused', 'outside_window', 'service_failing_seconds'];
  expect(names.map((name) => values.get(`netmap_map_${name}`))).toEqual([1, 1, 1, 1, 0]);
});

const many = (count: number, of: (at: number) => Partial<PeerStatus>): PeerStatus[] =>
  Array.from({ length: count }, (_, at) => ({
    ...{ id: `DL${at}`, name: `O=Party ${at}, L=London, C=GB`, addresses: [], phase: 'idle', queued: 0, failures: 0 },
    ...of(at),
  }));

test('of thousands of peers a thousand have metrics of their own at most, those in trouble first', async () => {
  const peers = many(10_000, (at) => (at < 5_000 ? { phase: 'connected' } : { failures: at % 10 === 0 ? 1 : 0 }));
  const values = await scrape(seenWith({ ...STATUS, peers }));
  const told = [...values].filter(([name]) => name.startsWith('netmap_peer_consecutive_failures'));
  expect(told).toHaveLength(1_000);
  expect(told.filter(([, failures]) => failures === 1)).toHaveLength(500);
  expect(values.get('netmap_peers_untold')).toBe(4_500);
  expect(values.get('netmap_peers{state="connected"}')).toBe(5_000);
});

test('each metric is in docs/metrics.md with its type, labels and meaning, and none that is not one', () => {
  const document = readFileSync(join(packageRoot(), 'docs/metrics.md'), 'utf8');
  const rows = document.split('\n').filter((line) => /^\| `netmap_/.test(line));
  const expected = NODE_METRICS.map(({ name, type, labels, help }) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`netmap_${name}\` | ${type} | ${shown} | ${help} |`;
  });
  expect(rows.map((row) => row.replaceAll(/ +/g, ' '))).toEqual(expected.map((row) => row.replaceAll(/ +/g, ' ')));
});

test('names are as Prometheus wants them', () => {
  const wrong = NODE_METRICS.filter(
    ({ name, type }) => !/^[a-z][a-z_]*$/.test(name) || (type === 'counter') !== name.endsWith('_total'),
  );
  expect(wrong).toEqual([]);
});
