import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { DEAD_LETTERS } from '../../sidecar/plan/corda-addresses';
import { breaks, Collector } from '../integration/support/collector';
import { logLines, transitions } from '../integration/support/log-lines';
import { startTestNetwork, type TestNetwork, type TestNode } from '../integration/support/node';
import { nodeAccess } from '../integration/support/node-access';
import { NodeOperations } from '../integration/support/node-operations';
import { NumberedSender } from '../integration/support/numbered-sender';
import { nodeInfoAt, putIntoMap } from '../integration/support/published';
import { TcpProxy } from '../integration/support/tcp-proxy';
import { until } from '../integration/support/until';

const LIMIT_MS = 120_000;
const PER_SECOND = 200;

jest.setTimeout(600_000);

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let proxy: TcpProxy;
let sender: NumberedSender;
let collector: Collector;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
    ],
    start: [],
  });
  a = network.node('a');
  b = network.node('b');
  proxy = await TcpProxy.start(b.dev.ports.p2p);
  const there = { host: '127.0.0.1', port: proxy.port };
  await putIntoMap(a.dev, b.dev, await nodeInfoAt(b.dev, [there], BigInt(Date.now())));
  await Promise.all([a.start(), b.start()]);
  sender = new NumberedSender({ access: await nodeAccess(a.dev), to: cordaAddresses.peerQueue(b.id), run: 'run' });
  collector = new Collector(await nodeAccess(b.dev), b.id);
  await Promise.all([sender.start(), collector.start()]);
});
afterAll(async () => {
  await Promise.all([sender.close(), collector.close()]);
  await network.stop();
  await proxy.close();
});
beforeEach(async () => {
  sender.sendSteadily(PER_SECOND);
  await until('messages flow', () => phase() === 'connected' && sender.sent - arrived().length < PER_SECOND, LIMIT_MS);
});
afterEach(() => sender.stop());

test('a way that is dead without a word is noticed, the peer waits, and goes on where it was when the way is back', async () => {
  const before = a.log.length;
  proxy.turn('half-open');
  await until('the peer waits', () => phase() === 'waiting', LIMIT_MS);
  expect(cause()).toBe('ACCESS_TIMEOUT');
  const attempts = proxy.taken;
  await until('it was tried again in vain', () => failures() >= 2, LIMIT_MS);
  expect(proxy.taken - attempts).toBeLessThanOrEqual(3);
  proxy.turn('open');
  await carriesOn();
  expect(told(before)).toEqual(['connected -> waiting', 'waiting -> connected']);
});

test('a way that is cut, and cut again at each attempt, makes the peer wait and loses nothing', async () => {
  const before = a.log.length;
  proxy.turn('closed');
  await until('the peer waits', () => phase() === 'waiting', LIMIT_MS);
  const attempts = proxy.taken;
  await until('it was tried again in vain', () => failures() >= 3, LIMIT_MS);
  // The broker itself dials no more, only the sidecar does.
  expect(proxy.taken - attempts).toBeLessThanOrEqual(4);
  expect(cause()).toBe('ACCESS_UNREACHABLE');
  proxy.turn('open');
  await carriesOn();
  expect(told(before)).toEqual(['connected -> waiting', 'waiting -> connected']);
});

test('the broker that could not reach its peer has told so in a few lines', () => {
  const lines = logLines(a.log).filter(({ level, component }) => component === 'broker' && level !== 'debug');
  expect(lines.length).toBeLessThan(60);
});

/** Everything that was sent arrives in order and once. */
async function carriesOn(): Promise<void> {
  await until('it is connected again', () => phase() === 'connected', LIMIT_MS);
  sender.stop();
  await until('all have arrived', () => arrived().length >= sender.sent, LIMIT_MS);
  expect(breaks(arrived())).toEqual([]);
  expect(collector.of('run').twice).toBe(0);
  expect([...collector.of('run').senders]).toEqual([a.id]);
  const operations = new NodeOperations(await nodeAccess(a.dev));
  expect(await operations.filledQueues(DEAD_LETTERS)).toEqual([]);
  await operations.close();
}

function arrived(): readonly number[] {
  return collector.of('run').numbers;
}

function bridge() {
  return a.sidecar.status().peers.find(({ id }) => id === b.id);
}

function phase(): string | undefined {
  return bridge()?.phase;
}

function failures(): number {
  return bridge()?.failures ?? 0;
}

function cause(): string | undefined {
  return bridge()?.cause?.code;
}

function told(from: number): string[] {
  const lines = transitions(logLines(a.log.slice(from)), 'bridge to O=Party B, L=Paris, C=FR');
  return lines.filter((transition) => transition !== 'waiting -> waiting');
}
