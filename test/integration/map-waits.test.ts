import { appendFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { runCli } from '../../sidecar/cli/main';
import type { Config } from '../../sidecar/config/config';
import { systemClock, type Clock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { Collector } from './support/collector';
import { startTestNetwork, type TestNetwork, type TestNode } from './support/node';
import { nodeAccess } from './support/node-access';
import { NumberedSender } from './support/numbered-sender';
import { putIntoMap, takeFromMap } from './support/published';
import { until } from './support/until';

/** A look at the folder, one at the pause, a change at the broker, and what a busy machine takes besides. */
const LIVE_MS = 120_000;
const HOUR_MS = 3_600_000;
/** The Monday of the week after the next one begins, at midnight; the epoch began on a Thursday. */
const MONDAY = (Math.floor(Date.now() / (168 * HOUR_MS)) * 168 + 168 + 96) * HOUR_MS;
/** From it until the window opens. */
const AHEAD_MS = 34 * HOUR_MS;

jest.setTimeout(400_000);

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let c: TestNode;
let inbox: Collector;
let sender: NumberedSender;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: [
      { name: 'O=Party A,L=London,C=GB', alias: 'a' },
      { name: 'O=Party B,L=Paris,C=FR', alias: 'b' },
      { name: 'O=Party C,L=Rome,C=IT', alias: 'c' },
    ],
    start: ['a', 'b'],
    configure: (config, alias) => (alias === 'b' ? { ...config, maintenance: TUESDAYS } : config),
  });
  [a, b, c] = [network.node('a'), network.node('b'), network.node('c')];
  inbox = new Collector(await nodeAccess(b.dev), b.id);
  await inbox.start();
  sender = new NumberedSender({ access: await nodeAccess(a.dev), to: cordaAddresses.peerQueue(b.id), run: 'flow' });
  await sender.start();
});
afterAll(async () => {
  await sender.close();
  await inbox.close();
  await network.stop();
});

const TUESDAYS: Config['maintenance'] = [{ days: ['tue'], from: '10:00', until: '11:00', timeZone: 'UTC' }];

test('a pause holds a join while messages flow, and resume lets it in', async () => {
  const nodeInfo = await takeFromMap(a.dev, c.dev);
  await until('c is not on the map', () => !knows(a), LIVE_MS);
  await netmap(a, 'pause');
  await until('the pause is seen', () => parked(a).includes('MAP_PAUSED'), LIVE_MS);
  await putIntoMap(a.dev, c.dev, nodeInfo);
  await flow(20);
  expect(await netmap(a, 'plan')).toContain('Party C');
  expect([knows(a), parked(a)]).toEqual([false, ['MAP_PAUSED']]);
  await netmap(a, 'resume');
  await until('c has joined', () => knows(a), LIVE_MS);
  expect(parked(a)).toEqual([]);
  await flow(40);
});

test('outside of a window a join waits and a leave does not; the window lets it in, and so does resume', async () => {
  let ahead = MONDAY - Date.now();
  const clock: Clock = { now: () => systemClock.now() + ahead, after: (ms, call) => systemClock.after(ms, call) };
  await b.stop();
  await b.start({ clock });
  expect(knows(b)).toBe(true);
  const nodeInfo = await takeFromMap(b.dev, c.dev);
  await until('c has left at once', () => !knows(b), LIVE_MS);
  await putIntoMap(b.dev, c.dev, nodeInfo);
  await until('c waits', () => parked(b).includes('MAP_OUTSIDE_WINDOW'), LIVE_MS);
  const opens = new Date(MONDAY + AHEAD_MS).toISOString().slice(0, 16);
  expect(b.sidecar.status().map.parked[0]?.message).toContain(`of ${opens}Z`);
  await flow(60);
  expect(knows(b)).toBe(false);
  ahead += AHEAD_MS;
  await until('the window has let it in', () => knows(b), LIVE_MS);
  expect(parked(b)).toEqual([]);

  ahead += 2 * HOUR_MS;
  await takeFromMap(b.dev, c.dev);
  await until('c has left again', () => !knows(b), LIVE_MS);
  await putIntoMap(b.dev, c.dev, nodeInfo);
  await until('c waits again', () => parked(b).includes('MAP_OUTSIDE_WINDOW'), LIVE_MS);
  await appendFile(b.dev.files.config, 'maintenance: [{ days: [tue], from: "10:00", until: "11:00" }]\n');
  await netmap(b, 'resume');
  await until('it is let through', () => knows(b), LIVE_MS);
});

function knows(node: TestNode): boolean {
  return node.sidecar.status().peers.some(({ id }) => id === c.id);
}

function parked(node: TestNode): string[] {
  return node.sidecar.status().map.parked.map(({ code }) => code);
}

/** Has messages up to this number go from a to b, and waits until they are there. */
async function flow(last: number): Promise<void> {
  sender.sendUpTo(last);
  await until(`${last} have arrived`, () => inbox.of('flow').numbers.length === last, LIVE_MS);
}

/** What the command says on standard output. */
async function netmap(node: TestNode, ...words: string[]): Promise<string> {
  let out = '';
  await runCli([...words, '--config', node.dev.files.config], {
    stdin: Readable.from([]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => true },
    environment: process.env,
    clock: systemClock,
    onInterrupt: () => () => undefined,
  });
  return out;
}
