import { NodeMetrics } from '../../sidecar/control/node-metrics';
import { openMessaging } from '../../sidecar/control/messaging';
import { systemClock } from '../../sidecar/lib/clock';
import { startTestNetwork, type TestNetwork } from './support/node';
import { until } from './support/until';

jest.setTimeout(600_000);

const SOON_MS = 120_000;
let network: TestNetwork;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
      { name: 'O=Party C,L=Rome,C=IT', alias: 'c' },
    ],
    start: ['a', 'b'],
    configure: (config) => ({ ...config, http: { host: '127.0.0.1', port: 1, names: [] } }),
  });
});
afterAll(() => network.stop());

test('what a peer took, what waits for a dead one and since when, what died and when certificates end', async () => {
  const [a, b, c] = ['a', 'b', 'c'].map((alias) => network.node(alias));
  if (a === undefined || b === undefined || c === undefined) throw new Error('no node');
  const metrics = new NodeMetrics(() => a.sidecar.observe(), systemClock);
  const valueOf = async (name: string): Promise<number | undefined> => {
    const line = (await metrics.text()).split('\n').find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };
  const labels = (of: typeof b, name: string): string => `{peer="${of.id}",name="${name}"}`;
  const [ofB, ofC] = [labels(b, 'O=Party B, L=Paris, C=FR'), labels(c, 'O=Party C, L=Rome, C=IT')];

  const application = await openMessaging({ configFile: a.dev.files.config });
  for (let at = 0; at < 5; at++) await application.send(b.id, { body: 'x' });
  for (let at = 0; at < 3; at++) await application.send(c.id, { body: 'x' });
  await application.send(c.id, { body: 'x', timeToLiveMs: 1 });
  await application.close();

  const equals = async (name: string, value: number): Promise<void> => {
    let found: number | undefined;
    await until(`${name} is ${value}`, async () => (found = await valueOf(name)) === value, SOON_MS).catch(
      (cause: unknown) => {
        throw new Error(`${name} is ${found}`, { cause });
      },
    );
  };
  await equals(`netmap_peer_delivered_messages_total${ofB}`, 5);
  await equals(`netmap_peer_queued_messages${ofC}`, 3);
  await equals(`netmap_peer_dead_letters{${ofC.slice(1, -1)},cause="expired"}`, 1);
  await equals('netmap_delivered_messages_total', 5);
  await equals('netmap_peer_certificates_expiring{days="0"}', 0);
  expect(await valueOf(`netmap_peer_consecutive_failures${ofC}`)).toBeGreaterThan(0);
  expect(await valueOf(`netmap_peer_oldest_message_age_seconds${ofC}`)).toBeGreaterThan(0);
  const waitsSince = await valueOf(`netmap_peer_state_timestamp_seconds{${ofC.slice(1, -1)},state="waiting"}`);
  expect(waitsSince).toBeLessThanOrEqual(Date.now() / 1000);
  expect(await valueOf('netmap_certificate_expiry_timestamp_seconds{certificate="tls"}')).toBeGreaterThan(
    Date.now() / 1000,
  );
  // Neither the proofs by use nor what has expired count as lost.
  expect(await valueOf('netmap_unrouted_messages_total')).toBe(0);
});
