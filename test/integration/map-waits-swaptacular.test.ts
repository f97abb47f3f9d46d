import { Readable } from 'node:stream';
import { deactivatePeer } from '../../sidecar/authority/change-peer';
import { runCli } from '../../sidecar/cli/main';
import { systemClock } from '../../sidecar/lib/clock';
import { swaptacularPair, type SwaptacularNode } from './support/swaptacular-node';
import { TcpProxy } from './support/tcp-proxy';
import { prepareTransfer, requestIn } from './support/transfers';
import { until } from './support/until';

/** A look at the database, one at what the operator has said, a change at the broker, and what a busy machine takes besides. */
const LIVE_MS = 120_000;
const DAY_MS = 86_400_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** A window is open on that day only. */
const FAR = DAYS[new Date(Date.now() + 3 * DAY_MS).getUTCDay()];

jest.setTimeout(400_000);

let aa: SwaptacularNode;
let ca: SwaptacularNode;
let elsewhere: TcpProxy;
let stop: () => Promise<void> = async () => undefined;

beforeAll(async () => {
  ({ aa, ca, stop } = await swaptacularPair(`maintenance: [{ days: [${FAR}], from: '10:00', until: '10:10' }]\n`));
  await Promise.all([aa.start(), ca.start()]);
  await aa.receive();
  elsewhere = await TcpProxy.start(aa.ports.p2p);
});
afterAll(async () => {
  await stop();
  await elsewhere.close();
});

test('a peer that moves outside of a window is sent to where it was, and after resume to where it is', async () => {
  await flow(20);
  const before = await aa.connectionsOf(ca.id);
  expect(before).toHaveLength(1);
  await ca.expectPeerAt(aa.id, elsewhere.port);
  await until('the move waits', () => parked().includes('MAP_OUTSIDE_WINDOW'), LIVE_MS);
  await flow(40);
  expect([elsewhere.taken, await aa.connectionsOf(ca.id)]).toEqual([0, before]);
  await netmap('resume');
  await until('the relay goes the new way', () => elsewhere.taken > 0, LIVE_MS);
  await flow(60);
  expect(parked()).toEqual([]);
});

test('a pause holds a move, too', async () => {
  const taken = elsewhere.taken;
  await netmap('pause');
  await until('the pause is seen', () => parked().includes('MAP_PAUSED'), LIVE_MS);
  const { revision } = ca.sidecar.status().map;
  await ca.expectPeerAt(aa.id, aa.ports.p2p);
  await until('the database was read anew', () => ca.sidecar.status().map.revision > revision, LIVE_MS);
  // A new connection shows by which way a relay goes.
  elsewhere.turn('closed');
  elsewhere.turn('open');
  await flow(80);
  expect(elsewhere.taken).toBeGreaterThan(taken);
});

test('a peer that is deactivated outside of a window is cut off at once', async () => {
  await netmap('resume');
  await until('the pause has ended', () => !parked().includes('MAP_PAUSED'), LIVE_MS);
  await deactivatePeer(ca.authority, aa.id, systemClock);
  await until('no relay is left', async () => (await aa.connectionsOf(ca.id)).length === 0, LIVE_MS);
  await until('it is off the map', () => ca.peer(aa.id) === undefined, LIVE_MS);
});

const MESSAGE = { subject: 'PrepareTransfer', contentType: 'application/json' };
let sent = 0;

/** Has messages up to this number go to the peer, and waits until each has come once, in order. */
async function flow(last: number): Promise<void> {
  const numbers = Array.from({ length: last - sent }, (_, index) => sent + index);
  sent = last;
  await ca.send(aa.id, ...numbers.map((number) => ({ ...MESSAGE, body: prepareTransfer(number) })));
  await until(`${last} have come`, () => aa.received.length >= last, LIVE_MS);
  const came = aa.received.map(({ body }) => requestIn(String(body)));
  expect(came).toEqual(Array.from({ length: last }, (_, index) => index));
}

function parked(): string[] {
  return ca.sidecar.status().map.parked.map(({ code }) => code);
}

async function netmap(...words: string[]): Promise<void> {
  const code = await runCli([...words, '--config', ca.configFile], {
    stdin: Readable.from([]),
    ...{ stdout: { write: () => true }, stderr: { write: () => true } },
    ...{ environment: process.env, clock: systemClock, onInterrupt: () => () => undefined },
  });
  expect(code).toBe(0);
}
