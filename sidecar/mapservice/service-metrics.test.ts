import { statSync } from 'node:fs';
import { signNodeInfo } from '../network-map/node-info-writer';
import { signParametersAck } from '../network-map/parameters-ack';
import { readSignedMap } from '../network-map/signed-document';
import { readMap } from '../network-map/verify-document';
import { identityOf, nameOf, nodeInfoOf, START } from '../../test/interop/served-map';
import { ServiceFolder } from '../../test/interop/service-folder';

const DAY = 86_400_000;
const update = `update:
  description: larger
  deadline: "${new Date(START + 90 * DAY).toISOString()}"
  parameters: { maxMessageSize: 20000000 }
`;

const METRICS = [
  ...['age_seconds', 'evictions_total', 'journal_bytes', 'nodes', 'publishes_total', 'rate_limited_requests_total'],
  ...['refusals_total', 'requests_total', 'sign_duration_seconds', 'update_acknowledged_nodes'],
];

let service: ServiceFolder;
afterEach(() => service.remove());

async function begin(extra: string): Promise<void> {
  service = await ServiceFolder.create(extra);
  await service.serve();
}

/** Values by the metric's name with its labels, as they stand in the text. */
async function scrape(): Promise<Map<string, number>> {
  const { status, headers, body } = await service.askOperator('/metrics');
  expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const lines = body.toString('utf8').split('\n');
  const values = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(values.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

const askedFor = (resource: string, status: number): string =>
  `netmap_map_requests_total{resource="${resource}",status="${status}"}`;

test('what nodes do is counted by what came of it', async () => {
  await begin(update);
  const a = identityOf('A');
  const blob = nodeInfoOf(a);
  const { text } = await signNodeInfo({
    ...{ addresses: [{ host: 'party.example', port: 1 }], platformVersion: 4, serial: 1n },
    identities: [{ role: 'legal', certificates: a.chain, privateKey: a.privateKey }],
  });
  for (const each of [blob, blob, text, '{}', nodeInfoOf(a, 1n, 9)]) await service.publish(each);
  const { body, headers } = await service.ask('/network-map');
  await service.ask('/network-map', { headers: { 'if-none-match': headers.get('etag') ?? '' } });
  await service.ask(`/network-map/node-info/${'0'.repeat(64)}`);
  await service.ask('/elsewhere');
  const hash = readMap(readSignedMap(body)).parametersUpdate?.hash ?? '';
  const word = new Uint8Array(await signParametersAck(hash, a, 'corda'));
  await service.ask('/network-map/ack-parameters', { method: 'POST', body: word });
  const values = await scrape();
  expect(Object.fromEntries(values)).toMatchObject({
    'netmap_map_nodes{form="corda"}': 1,
    'netmap_map_nodes{form="json"}': 1,
    'netmap_map_publishes_total{outcome="published"}': 2,
    'netmap_map_publishes_total{outcome="refreshed"}': 1,
    'netmap_map_publishes_total{outcome="refused"}': 2,
    'netmap_map_refusals_total{code="SUBMISSION_REFUSED"}': 1,
    'netmap_map_refusals_total{code="SERIAL_REUSED"}': 1,
    'netmap_map_refusals_total{code="NOT_FOUND"}': 2,
    [askedFor('/network-map/publish', 200)]: 3,
    [askedFor('/network-map/publish', 400)]: 1,
    [askedFor('/network-map/publish', 409)]: 1,
    [askedFor('/network-map', 200)]: 1,
    [askedFor('/network-map', 304)]: 1,
    [askedFor('/network-map/node-info/:hash', 404)]: 1,
    [askedFor('none', 404)]: 1,
    netmap_map_update_acknowledged_nodes: 1,
    netmap_map_journal_bytes: statSync(service.state.journal).size,
    netmap_map_evictions_total: 0,
    netmap_map_rate_limited_requests_total: 0,
  });
});

test('the age of the map grows, signing is measured, and those evicted are counted', async () => {
  await begin('signSeconds: 3600\n');
  await service.publish(nodeInfoOf(identityOf('A')));
  const signed = 'netmap_map_sign_duration_seconds_count';
  const before = await scrape();
  await service.clock.advance(90_000);
  const later = await scrape();
  expect([before.get('netmap_map_age_seconds'), later.get('netmap_map_age_seconds')]).toEqual([0, 90]);
  expect([before.get(signed), later.get(signed)]).toEqual([1, 1]);
  await service.cli('map', 'sign');
  expect([(await scrape()).get(signed), (await scrape()).get('netmap_map_age_seconds')]).toEqual([2, 0]);
  await service.clock.advance(31 * DAY);
  // One change comes after the other: behind this one, who was silent has left.
  await service.running.service.ban(nameOf('Z'));
  const after = await scrape();
  expect([after.get('netmap_map_evictions_total'), after.get('netmap_map_nodes{form="corda"}')]).toEqual([1, 0]);
});

test('who asks too often is counted, and processes have their usual metrics', async () => {
  await begin('limits: { requestsPerMinute: 2 }\n');
  for (let count = 0; count < 5; count += 1) await service.ask('/health');
  const values = await scrape();
  expect(values.get('netmap_map_rate_limited_requests_total')).toBe(3);
  expect(values.get('netmap_map_refusals_total{code="RATE_EXCEEDED"}')).toBe(3);
  expect(values.get(askedFor('/health', 429))).toBe(3);
  expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
});

test('every metric has a help text and a type, and two services in one process do not share theirs', async () => {
  await begin('');
  const { body } = await service.askOperator('/metrics');
  const text = body.toString('utf8');
  const names = new Set(
    [...text.matchAll(/^# HELP (netmap_map_\w+) .+\n# TYPE \1 (?:counter|gauge|histogram)$/gm)].map(([, name]) => name),
  );
  expect([...names].sort()).toEqual(METRICS.map((name) => `netmap_map_${name}`));
  const other = await ServiceFolder.create();
  await other.serve();
  await other.publish(nodeInfoOf(identityOf('A')));
  await other.remove();
  expect((await scrape()).get('netmap_map_nodes{form="corda"}')).toBe(0);
});
