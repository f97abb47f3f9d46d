import { deactivatePeer } from '../../sidecar/authority/change-peer';
import {
  accountOf,
  preparedTransfer,
  prepareTransfer,
  type Account,
} from '../../sidecar/control/demo/swaptacular/demo-messages';
import { systemClock } from '../../sidecar/lib/clock';
import { cordaAddresses } from '../../sidecar/plan/address-profile';
import { RawStomp } from './support/raw-stomp';
import { swaptacularTrio, type SwaptacularTrio } from './support/swaptacular-authorities';
import type { SwaptacularNode } from './support/swaptacular-node';
import { until } from './support/until';

jest.setTimeout(900_000);

const START_MS = 300_000;
const SOON_MS = 120_000;
/** For what a peer has open to be closed, whatever else this machine does. */
const CUT_MS = 30_000;
const BATCH = 10;
/** Messages that may be sent and not confirmed when a connection ends: those are sent again, or stay where they are. */
const WINDOW = 100;
const AT = '2026-11-22T00:00:00Z';

/** Messages from one node to another, numbered, until it is ended. */
class Flow {
  sent = 0;
  private running = true;
  private readonly ended: Promise<void>;

  constructor(
    readonly from: SwaptacularNode,
    readonly to: SwaptacularNode,
    private readonly subject: string,
    private readonly body: (request: number) => Buffer,
  ) {
    this.ended = this.send();
  }

  /** Numbers of what has come of it, in order. */
  came(): number[] {
    const address = cordaAddresses.ingress(this.to.id, this.from.id);
    return this.to.received
      .filter(({ to }) => to === address)
      .map(({ body }) => Number(/"coordinator_request_id":(\d+)/.exec(String(body))?.[1]));
  }

  async hasCome(more: number): Promise<void> {
    const wanted = this.came().length + more;
    const what = `${this.from.id} sends to ${this.to.id}`;
    await until(what, () => this.came().length >= wanted, SOON_MS);
  }

  async end(): Promise<void> {
    this.running = false;
    await this.ended;
  }

  private async send(): Promise<void> {
    while (this.running) {
      const numbers = Array.from({ length: BATCH }, (_, index) => this.sent + index);
      const common = { subject: this.subject, contentType: 'application/json' };
      await this.from.send(this.to.id, ...numbers.map((number) => ({ ...common, body: this.body(number) })));
      this.sent += BATCH;
    }
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** As a debtors agent has it: the debtor himself is the creditor, and issues. */
function issuing(body: Buffer, { debtor }: Account): Buffer {
  const text = body.toString().replace('"coordinator_type":"direct"', '"coordinator_type":"issuing"');
  return Buffer.from(text.replace('"coordinator_id":0', `"coordinator_id":${debtor}`));
}

let trio: SwaptacularTrio;
let toCreditors: Flow;
let fromCreditors: Flow;
let toDebtors: Flow;
let fromDebtors: Flow;

beforeAll(async () => {
  trio = await swaptacularTrio();
  const { aa, ca, da, creditors, debtors } = trio;
  await Promise.all([aa, ca, da].map((node) => node.start()));
  await Promise.all([aa, ca, da].map((node) => node.receive()));
  const owed = accountOf(creditors, aa.id);
  const issued = { ...accountOf(creditors, debtors), creditor: '0' };
  fromCreditors = new Flow(ca, aa, 'PrepareTransfer', (request) => prepareTransfer(owed, request, AT));
  toCreditors = new Flow(aa, ca, 'PreparedTransfer', (request) => preparedTransfer(owed, request, AT));
  fromDebtors = new Flow(da, aa, 'PrepareTransfer', (request) => issuing(prepareTransfer(issued, request, AT), issued));
  toDebtors = new Flow(aa, da, 'PreparedTransfer', (request) => issuing(preparedTransfer(issued, request, AT), issued));
}, START_MS);
afterAll(() => trio.stop());

const flows = (): Flow[] => [fromCreditors, toCreditors, fromDebtors, toDebtors];
const between = async (a: SwaptacularNode, b: SwaptacularNode): Promise<string[][]> => [
  await a.connectionsOf(b.id),
  await b.connectionsOf(a.id),
];

test('an authority and two peers: messages go both ways, each once and in order', async () => {
  await Promise.all(flows().map((flow) => flow.hasCome(100)));
  for (const flow of flows()) {
    const came = flow.came();
    expect(came).toEqual(upTo(came.length));
  }
  const { aa, ca, da } = trio;
  expect(await between(aa, da)).toEqual([[expect.any(String)], [expect.any(String)]]);
  expect(await between(aa, ca)).toEqual([[expect.any(String)], [expect.any(String)]]);
});

test('one is deactivated in mid-traffic: it is cut off at once, and the other does not notice', async () => {
  const { aa, ca, da } = trio;
  const others = await between(aa, da);
  await deactivatePeer(aa.authority, ca.id, systemClock);
  const began = Date.now();
  await until('it is cut off, both ways', async () => (await between(aa, ca)).flat().length === 0, CUT_MS);
  const cutAfter = Date.now() - began;
  await until('it is told that it is not reached', () => ca.peer(aa.id)?.phase === 'waiting', SOON_MS);
  expect([aa.peer(ca.id), cutAfter < CUT_MS]).toEqual([undefined, true]);
  await Promise.all([fromDebtors.hasCome(200), toDebtors.hasCome(200)]);
  expect(await between(aa, da)).toEqual(others);
  for (let attempt = 0; attempt < 3; attempt += 1)
    await expect(RawStomp.connect(aa.ports.p2p, await ca.clientTls(aa.id))).rejects.toThrow();
  expect(await aa.connectionsOf(ca.id)).toEqual([]);
});

test('what waits for who was cut off is kept; of the other no message is lost or comes twice', async () => {
  const { aa, ca, da } = trio;
  await Promise.all(flows().map((flow) => flow.end()));
  for (const flow of [fromDebtors, toDebtors]) {
    await until('all have come', () => flow.came().length >= flow.sent, SOON_MS);
    expect(flow.came()).toEqual(upTo(flow.sent));
  }
  for (const flow of [fromCreditors, toCreditors]) {
    const came = flow.came();
    expect(came).toEqual(upTo(came.length));
    expect(came.length).toBeLessThan(flow.sent);
    const queue = cordaAddresses.peerQueue(flow.to.id);
    const kept = await (await flow.from.operations()).messageCount(queue);
    expect(kept).toBeGreaterThanOrEqual(flow.sent - came.length);
    expect(kept).toBeLessThanOrEqual(flow.sent - came.length + WINDOW);
  }
  await until(
    'its departure is told',
    () => aa.sidecar.status().departed?.some(({ id, messages = 0 }) => id === ca.id && messages > 0) === true,
    SOON_MS,
  );
  expect([aa, ca, da].map((node) => node.sidecar.status().deadLetters?.total ?? 0)).toEqual([0, 0, 0]);
});
