import { accountOf, prepareTransfer } from '../../sidecar/control/demo/swaptacular/demo-messages';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { RawStomp, type RawTls } from './support/raw-stomp';
import { swaptacularTrio, type SwaptacularTrio } from './support/swaptacular-authorities';
import { until } from './support/until';

jest.setTimeout(600_000);

const LIMIT = 10;
const CLOSED_MS = 10_000;
const SOON_MS = 120_000;
const LOOPS = 3;
const COUNT = 50;
const AT = '2026-11-22T00:00:00Z';

/** The broker of the authority alone runs; certificates of its peers come by hand. */
let trio: SwaptacularTrio;
let asCreditors: RawTls;
let asDebtors: RawTls;

beforeAll(async () => {
  trio = await swaptacularTrio();
  const { aa, ca, da } = trio;
  await aa.start();
  await aa.receive();
  [asCreditors, asDebtors] = await Promise.all([ca.clientTls(aa.id), da.clientTls(aa.id)]);
});
afterAll(() => trio.stop());

const creditorsOpen = async (): Promise<string[]> => trio.aa.connectionsOf(trio.ca.id);
const debtorsOpen = async (): Promise<string[]> => trio.aa.connectionsOf(trio.da.id);

/** A frame of the creditors agent. */
function frame(request: number): string {
  const body = prepareTransfer(accountOf(trio.creditors, trio.aa.id), request, AT).toString();
  return (
    `SEND\ndestination:/exchange/accounts_in\ntype:PrepareTransfer\ncontent-type:application/json\npersistent:true\n` +
    `receipt:${request}\ncontent-length:${body.length}\n\n${body}\0`
  );
}

test('ten connections of a peer stay, the eleventh is closed within seconds, and another peer is not touched', async () => {
  const other = await RawStomp.connect(trio.aa.ports.p2p, asDebtors);
  const mine: RawStomp[] = [];
  for (let number = 0; number < LIMIT; number += 1) mine.push(await RawStomp.connect(trio.aa.ports.p2p, asCreditors));
  await until('the ten are there', async () => (await creditorsOpen()).length === LIMIT);
  const [before, others] = [await creditorsOpen(), await debtorsOpen()];
  const eleventh = await RawStomp.connect(trio.aa.ports.p2p, asCreditors);
  await until('it is closed', () => eleventh.isOver, CLOSED_MS);
  expect([await creditorsOpen(), await debtorsOpen()]).toEqual([before, others]);
  expect([...mine, other].some(({ isOver }) => isOver)).toBe(false);
  expect(trio.aa.log.join('')).toContain('a peer has more connections than it may: the newest are closed');
  mine[0]?.close();
  await until('there is room', async () => (await creditorsOpen()).length === LIMIT - 1);
  const twelfth = await RawStomp.connect(trio.aa.ports.p2p, asCreditors);
  await until('it is there', async () => (await creditorsOpen()).length === LIMIT);
  for (const each of [...mine, eleventh, twelfth, other]) each.close();
  await until('nobody is there', async () => (await creditorsOpen()).length + (await debtorsOpen()).length === 0);
});

test('who says nothing after TLS is closed after ten seconds', async () => {
  const began = Date.now();
  const silent = await RawStomp.open(trio.aa.ports.p2p, asCreditors);
  // The broker itself ends what sends not a single byte; this one has begun.
  silent.write('\n');
  await until('it is closed', () => silent.isOver, 30_000);
  expect(Date.now() - began).toBeGreaterThan(9_000);
  expect(Date.now() - began).toBeLessThan(20_000);
});

test('a peer that opens connections in a loop is kept to its limit, and traffic of another goes on', async () => {
  const { aa, ca } = trio;
  const other = await RawStomp.connect(aa.ports.p2p, asCreditors);
  await until('it is there', async () => (await creditorsOpen()).length === 1);
  const others = await creditorsOpen();
  const attackers: RawStomp[] = [];
  let attacking = true;
  const attack = async (): Promise<void> => {
    while (attacking) {
      const raw = await RawStomp.connect(aa.ports.p2p, asDebtors).catch(() => undefined);
      if (raw !== undefined) attackers.push(raw);
    }
  };
  const loops = Array.from({ length: LOOPS }, attack);
  await until('it has come often', () => attackers.length > 3 * LIMIT, SOON_MS);
  const from = aa.received.length;
  for (let request = 1; request <= COUNT; request += 1) {
    other.write(frame(request));
    await other.until(`receipt-id:${request}\n`);
  }
  attacking = false;
  await Promise.all(loops);
  await until('all have come', () => aa.received.length >= from + COUNT, SOON_MS);
  await until('the limit holds', async () => (await debtorsOpen()).length === LIMIT, SOON_MS);
  expect([await creditorsOpen(), other.isOver]).toEqual([others, false]);
  const came = aa.received.slice(from);
  expect(came.map(({ to }) => to)).toEqual(came.map(() => cordaAddresses.ingress(aa.id, ca.id)));
  expect(new Set(came.map(({ body }) => String(body))).size).toBe(COUNT);
  for (const each of [...attackers, other]) each.close();
});
