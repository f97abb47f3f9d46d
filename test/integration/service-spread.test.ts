import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { Collector } from './support/collector';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess } from './support/node-access';
import { NumberedSender } from './support/numbered-sender';
import { takeFromMap } from './support/published';
import { until } from './support/until';

const QUOTES = 'O=Quotes,L=Zurich,C=CH';
const MESSAGES = 10_000;
const PER_SECOND = 2_000;
const SOON_MS = 120_000;

jest.setTimeout(600_000);

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let c: TestNode;
let service: string;
let sender: NumberedSender;
let atB: Collector;
let atC: Collector;
let run = 0;

/** A asks; B and C offer the service. */
beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b', services: [QUOTES] },
      { name: 'O=Party C,L=Rome,C=IT', alias: 'c', services: [QUOTES] },
    ],
  });
  [a, b, c] = ['a', 'b', 'c'].map((alias) => network.node(alias)) as [TestNode, TestNode, TestNode];
  service = b.material.own.services[0]?.id ?? '';
  [atB, atC] = [new Collector(await nodeAccess(b.dev), service), new Collector(await nodeAccess(c.dev), service)];
  await Promise.all([atB.start(), atC.start()]);
});
afterAll(async () => {
  await Promise.all([sender.close(), atB.close(), atC.close()]);
  await network.stop();
});

async function nextRun(): Promise<string> {
  if (run > 0) await sender.close();
  run += 1;
  const name = `run-${run}`;
  sender = new NumberedSender({ access: await nodeAccess(a.dev), to: cordaAddresses.serviceQueue(service), run: name });
  await sender.start();
  return name;
}

const counts = (name: string): [number, number] => [atB.of(name).numbers.length, atC.of(name).numbers.length];
const arrived = (name: string): number => counts(name)[0] + counts(name)[1];
const together = (name: string): number[] =>
  [...atB.of(name).numbers, ...atC.of(name).numbers].sort((one, other) => one - other);

test('10,000 messages for a service go to its two advertisers evenly, each to one of them', async () => {
  const warm = await nextRun();
  sender.sendSteadily(200);
  await until('both are connected', () => counts(warm).every((count) => count > 50), SOON_MS);
  sender.stop();
  await until('all have come', () => arrived(warm) === sender.accepted, SOON_MS);

  const name = await nextRun();
  sender.sendSteadily(PER_SECOND);
  await until('so many are sent', () => sender.sent >= MESSAGES, SOON_MS);
  sender.stop();
  const { sent } = sender;
  await until('all have come', () => arrived(name) >= sent, SOON_MS);
  expect(together(name)).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
  const [few, many] = counts(name).sort((one, other) => one - other);
  expect((many - few) / sent).toBeLessThan(0.1);
});

test("an advertiser whose broker dies does not hold up the other's share, and nothing is lost", async () => {
  const name = await nextRun();
  sender.sendSteadily(PER_SECOND / 2);
  await until('both get some', () => counts(name).every((count) => count > 500), SOON_MS);
  const pid = Number.parseInt(await readFile(join(b.config.broker.instance, 'broker.pid'), 'utf8'), 10);
  process.kill(pid, 'SIGKILL');
  const [, before] = counts(name);
  const killedAt = Date.now();
  await until('C gets more than its own share', () => counts(name)[1] > before + 2 * PER_SECOND, SOON_MS);
  // Its own share alone would take four seconds; a hold-up would show as more than that.
  const tookMs = Date.now() - killedAt;
  await until('B gets its share again', () => counts(name)[0] > before + 2 * PER_SECOND, SOON_MS);
  sender.stop();
  const { sent } = sender;
  await until('all have come', () => new Set(together(name)).size >= sent, SOON_MS);
  expect([...new Set(together(name))]).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
  expect(tookMs).toBeLessThan(30_000);
});

test('what waits for an advertiser that has left the map goes to the other', async () => {
  const name = await nextRun();
  await takeFromMap(a.dev, b.dev);
  await until('B has left', () => a.sidecar.status().peers.length === 1, SOON_MS);
  const [beforeB] = counts(name);
  sender.sendUpTo(1_000);
  await until('all have come', () => arrived(name) >= 1_000, SOON_MS);
  expect(counts(name)).toEqual([beforeB, 1_000]);
});
