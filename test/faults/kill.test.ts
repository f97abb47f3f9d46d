import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCertificates } from '../../sidecar/certificates/certificate';
import { identityId } from '../../sidecar/certificates/keys';
import { createDevNetwork } from '../../sidecar/dev-network/create-dev-network';
import { settingsAt, type DevNode } from '../../sidecar/dev-network/dev-network';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { DEAD_LETTERS } from '../../sidecar/plan/corda-addresses';
import { breaks, Collector } from '../integration/support/collector';
import { freePorts } from '../integration/support/free-ports';
import { nodeAccess } from '../integration/support/node-access';
import { NodeChild } from '../integration/support/node-child';
import { NodeOperations } from '../integration/support/node-operations';
import { NumberedSender } from '../integration/support/numbered-sender';
import { until } from '../integration/support/until';

const MESSAGES = 10_000;
const RECOVER_MS = 300_000;

jest.setTimeout(1_200_000);

let folder: string;
let a: NodeChild;
let b: NodeChild;
let sender: NumberedSender;
let collector: Collector;
let idOfA: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmap-kill-'));
  const ports = await freePorts(8);
  const next = (): number => ports.shift() ?? 0;
  const { nodes } = await createDevNetwork({
    folder,
    nodes: ['O=Party A,L=London,C=GB', 'O=Party B,L=Paris,C=FR'].map((name) => ({
      name,
      ports: { p2p: next(), node: next(), rpc: next(), rpcAdmin: next() },
    })),
    ...settingsAt(systemClock, randomBytes),
  });
  [a, b] = nodes.map((node) => new NodeChild(node)) as [NodeChild, NodeChild];
  await Promise.all([a.start(), b.start()]);
  idOfA = await idOf(a.dev);
  const idOfB = await idOf(b.dev);
  sender = new NumberedSender({ access: await nodeAccess(a.dev), to: cordaAddresses.peerQueue(idOfB), run: 'run' });
  collector = new Collector(await nodeAccess(b.dev), idOfB);
  await Promise.all([sender.start(), collector.start()]);
});
afterAll(async () => {
  await Promise.all([sender.close(), collector.close()]);
  await Promise.all([a.stop(), b.stop()]);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('brokers and sidecars that are killed lose, double and disorder nothing', async () => {
  const { numbers } = collector.of('run');
  /** Resolves when a sixth more has arrived, with as much again on its way. */
  let asked = 0;
  const halfway = async (): Promise<void> => {
    asked += MESSAGES / 6;
    sender.sendUpTo(Math.min(MESSAGES, Math.ceil(asked + MESSAGES / 6)));
    await until('messages are under way', () => numbers.length > asked, RECOVER_MS);
  };
  await halfway();
  await b.killBroker();
  await halfway();
  await a.killBroker();
  await halfway();
  await b.killBroker();
  await halfway();
  await b.kill();
  await b.start();
  await halfway();
  await a.kill();
  await a.start();
  sender.sendUpTo(MESSAGES);
  await until('every message has arrived', () => numbers.length >= MESSAGES, RECOVER_MS);

  // As the application sees it, that drops what it has taken already when a broker died before it knew.
  expect(breaks(numbers)).toEqual([]);
  expect(numbers).toHaveLength(MESSAGES);
  expect([...collector.of('run').senders]).toEqual([idOfA]);
  expect(sender.refused).toEqual([]);
  expect(sender.connections).toBeGreaterThanOrEqual(3);
  for (const { dev } of [a, b]) {
    const operations = new NodeOperations(await nodeAccess(dev));
    await until('nothing is left on its way', async () => (await operations.filledQueues('internal.')).length === 0);
    expect(await operations.filledQueues('p2p.')).toEqual([]);
    expect(await operations.filledQueues(DEAD_LETTERS)).toEqual([]);
    await operations.close();
  }
});

async function idOf({ files }: DevNode): Promise<string> {
  const [identity] = parseCertificates(await readFile(files.identityChain, 'utf8'));
  return identityId(identity?.publicKey ?? new Uint8Array());
}
