import { DEAD_LETTERS } from '../../sidecar/plan/corda-addresses';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { breaks, Collector } from '../integration/support/collector';
import { logLines, transitions, type LogLine } from '../integration/support/log-lines';
import { startTestNetwork, type TestNetwork, type TestNode } from '../integration/support/node';
import { nodeAccess } from '../integration/support/node-access';
import { NodeOperations } from '../integration/support/node-operations';
import { NumberedSender } from '../integration/support/numbered-sender';
import { putIntoMap, takeFromMap } from '../integration/support/published';
import { until } from '../integration/support/until';

const PER_SECOND = 1_000;
const REFUSED_MS = 10_000;
/** On an idle machine it is less than one second. */
const PARK_MS = 2_500;
const A = 'O=Party A,L=London,C=GB';
const B = 'O=Party B,L=Paris,C=FR';

jest.setTimeout(300_000);

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let sender: NumberedSender;
let collector: Collector;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: A, alias: 'a' },
      { name: B, alias: 'b' },
    ],
  });
  a = network.node('a');
  b = network.node('b');
  sender = new NumberedSender({
    access: await nodeAccess(a.dev),
    to: cordaAddresses.peerQueue(b.id),
    run: 'run',
  });
  collector = new Collector(await nodeAccess(b.dev), b.id);
  await Promise.all([sender.start(), collector.start()]);
});
afterAll(async () => {
  await Promise.all([sender.close(), collector.close()]);
  await network.stop();
});

test('messages to a peer that withdraws the permission under load and grants it again all arrive, in order, once', async () => {
  sender.sendSteadily(PER_SECOND);
  const arrived = collector.of('run').numbers;
  // The load is that of a warm broker.
  await until(
    'messages flow',
    () => arrived.length > 3 * PER_SECOND && sender.sent - arrived.length < PER_SECOND,
    60_000,
  );

  const nodeInfo = await takeFromMap(b.dev, a.dev);
  await until('the bridge waits', () => phase() === 'waiting', 60_000);
  const { cause, since = 0 } = bridge() ?? {};
  const lastBefore = collector.of('run').lastAt;
  const before = arrived.length;
  await until('the peer has refused for so long', () => Date.now() - since >= REFUSED_MS);
  expect(arrived).toHaveLength(before);
  const waiting = sender.sent - before;
  await putIntoMap(b.dev, a.dev, nodeInfo);
  await until('the bridge is connected again', () => phase() === 'connected', 120_000);
  sender.stop();
  await until('every message has arrived', () => arrived.length >= sender.sent, 120_000);

  expect(cause?.code).toMatch(/^ACCESS_(REFUSED|LOGIN)$/);
  expect(since - lastBefore).toBeLessThan(PARK_MS);
  expect(waiting).toBeGreaterThan((REFUSED_MS / 1000 / 2) * PER_SECOND);
  expect(sender.refused).toEqual([]);
  expect(breaks(arrived)).toEqual([]);
  expect(arrived).toHaveLength(sender.sent);
  expect(collector.of('run').twice).toBe(0);
  expect([...collector.of('run').senders]).toEqual([a.id]);
  expect(await deadLetters(a)).toEqual([]);
  expect(await deadLetters(b)).toEqual([]);
});

test('the log has one line a transition, and while the peer refuses neither broker fills its own', () => {
  const lines = logLines(a.log);
  const told = transitions(lines, subject());
  // The peer that goes on waiting is told of again only when the reason is another one.
  const others = told.filter((transition) => transition !== 'waiting -> waiting');
  expect(others).toEqual(['idle -> connected', 'connected -> waiting', 'waiting -> connected']);
  expect(told.length - others.length).toBeLessThanOrEqual(2);
  const at = (transition: string): number => lines.find(({ message }) => message.endsWith(transition))?.time ?? 0;
  expect(loud(lines, at('idle -> connected'), Infinity).length).toBeLessThan(10);
  // First comes what was on its way, for as long as the machine is slow; then a few attempts, further and further apart.
  const [refused, taken] = [at('connected -> waiting'), at('waiting -> connected')];
  expect(loud(logLines(b.log), (refused + taken) / 2, taken).length).toBeLessThan(50);
});

function loud(lines: readonly LogLine[], from: number, to: number): LogLine[] {
  return lines.filter(({ level, time }) => (level === 'warn' || level === 'error') && time > from && time < to);
}

function subject(): string {
  return `bridge to ${bridge()?.name ?? ''}`;
}

function bridge() {
  return a.sidecar.status().peers.find(({ id }) => id === b.id);
}

function phase(): string | undefined {
  return bridge()?.phase;
}

async function deadLetters(node: TestNode): Promise<string[]> {
  const operations = new NodeOperations(await nodeAccess(node.dev));
  try {
    return await operations.filledQueues(DEAD_LETTERS);
  } finally {
    await operations.close();
  }
}
