import { ManualClock } from '../../lib/clock';
import type { Logger } from '../../lib/log';
import { DEAD } from '../../messaging/dead-letter';
import type { ReceiverEvents, SendOutcome, Settlement, WireDelivery, WireMessage } from '../../messaging/transport';
import type { SwaptacularPeer } from '../../network/swaptacular-node';
import { Screen, type ScreenConnection } from './screen';

const log: Logger = {
  ...{ trace: () => undefined, debug: () => undefined, child: () => log },
  ...{ info: () => undefined, warn: () => undefined, error: () => undefined },
};
const PEER = 'f'.repeat(32);
const IN = `p2p.inbound.1234abcd.from.${PEER}`;

/** A broker's two sides of the screen, and everything that it stored. */
class FakeBroker {
  readonly stored: { readonly address: string; readonly message: WireMessage }[] = [];
  readonly settled: [string, Settlement][] = [];
  /** Messages it may deliver. */
  credit = 0;
  links = 0;
  /** Links that are open. */
  readers = 0;
  /** What it says to a send; undefined: nothing. */
  answer: SendOutcome | undefined = 'stored';
  lose: () => void = () => undefined;
  private events: ReceiverEvents | undefined;

  readonly open = async (onLost: (reason: Error) => void): Promise<ScreenConnection> => {
    this.lose = () => onLost(new Error('cut'));
    return {
      openSender: async (address) => ({
        sendable: () => true,
        send: (message, done) => {
          this.stored.push({ address, message });
          if (this.answer !== undefined) done(this.answer);
        },
        close: () => undefined,
      }),
      openSource: async (_source, events) => {
        this.events = events;
        this.credit = 0;
        this.links += 1;
        this.readers += 1;
        const close = (): void => {
          this.credit = 0;
          this.readers -= 1;
        };
        return { addCredit: (more) => (this.credit += more), close };
      },
      close: async () => undefined,
    };
  };

  deliver(wire: WireDelivery): void {
    this.credit -= 1;
    this.events?.onMessage(wire, (how) => this.settled.push([String(wire.properties['receipt']), how]));
  }
}

function received(receipt: string, change: Partial<WireDelivery> = {}): WireDelivery {
  return {
    ...{ id: undefined, correlationId: undefined, contentType: undefined, contentEncoding: undefined, ttl: undefined },
    ...{ createdAt: 1_000, to: '/exchange/accounts_in', deliveryCount: 0, ingressTime: undefined },
    ...{ user: `peer.${PEER}`, subject: 'ConfigureAccount' },
    properties: { receipt, destination: '/exchange/accounts_in', _AMQ_CONTENT_TYPE: 'application/json' },
    body: Buffer.from(
      `{"type":"ConfigureAccount","debtor_id":1311862288428302336,"creditor_id":1099511627776,"negligible_amount":0,` +
        `"config_data":"${receipt}","config_flags":0,"seqnum":0,"ts":"1970-01-01T00:00:00Z"}`,
    ),
    ...change,
  };
}

async function underTest() {
  const broker = new FakeBroker();
  const clock = new ManualClock(5_000);
  const own = { id: '1234abcd', nodeType: 'accounting-authority', subnet: '1234abcd' } as const;
  const destination = '/exchange/accounts_in';
  const idled = { ms: 0 };
  const screen = new Screen({
    ...{ destination, ownId: own.id, open: broker.open, clock, random: () => 0.5, log },
    processors: { count: 2, idledMs: () => idled.ms },
  });
  screen.follow(own, [{ id: PEER, nodeType: 'creditors-agent', subnet: '000001' } as SwaptacularPeer]);
  screen.start();
  await clock.advance(0);
  return { broker, clock, screen, idled };
}

test('what is good goes to the address of its sender, in order, and leaves the queue when it is stored there', async () => {
  const { broker, clock } = await underTest();
  broker.answer = undefined;
  for (const receipt of ['1', '2', '3']) broker.deliver(received(receipt));
  await clock.advance(0);
  expect(
    broker.stored.map(({ address, message }) => [address, /"config_data":"(\d)"/.exec(String(message.body))?.[1]]),
  ).toEqual([
    [IN, '1'],
    [IN, '2'],
    [IN, '3'],
  ]);
  expect(broker.settled).toEqual([]);
  broker.answer = 'stored';
  broker.lose();
  await clock.advance(1_000);
  for (const receipt of ['1', '2', '3']) broker.deliver(received(receipt));
  await clock.advance(0);
  expect(broker.settled).toEqual([
    ['1', 'accepted'],
    ['2', 'accepted'],
    ['3', 'accepted'],
  ]);
  // Sent again over the next connection, and once more as the broker has delivered them again: one ID each.
  const ids = broker.stored.map(({ message }) => message.properties['_AMQ_DUPL_ID']);
  expect([ids.length > 3, new Set(ids).size]).toEqual([true, 3]);
  expect(broker.stored.filter(({ address }) => address !== IN)).toEqual([]);
});

test('two that differ only in their sender, time or receipt are two', async () => {
  const { broker, clock } = await underTest();
  const body = received('1').body;
  broker.deliver(received('1', { body }));
  broker.deliver(received('2', { body }));
  broker.deliver(received('1', { body, createdAt: 1_001 }));
  await clock.advance(0);
  expect(new Set(broker.stored.map(({ message }) => message.id)).size).toBe(3);
});

test.each<[string, WireDelivery, string]>([
  ['a bad body', received('1', { body: Buffer.from('{}') }), 'Invalid ConfigureAccount message'],
  ['no receipt', received('1', { properties: { _AMQ_CONTENT_TYPE: 'application/json' } }), 'without a receipt header'],
  ['too many headers', received('1', { properties: { receipt: '1', long: 'x'.repeat(5_000) } }), 'header is too big'],
  ['somebody unknown', received('1', { user: 'peer.unknown' }), 'No IDs are allotted'],
  ['nobody', received('1', { user: undefined }), 'No IDs are allotted'],
])('refused: %s', async (_, wire, reason) => {
  const { broker, clock } = await underTest();
  broker.deliver(wire);
  await clock.advance(0);
  const [{ address, message } = { address: '', message: undefined }] = broker.stored;
  expect([broker.stored.length, address]).toEqual([1, 'dead-letters']);
  expect(message?.properties[DEAD.reason]).toContain(reason);
  expect(message?.properties[DEAD.at]).toBe(5_000);
  expect(broker.settled.map(([, how]) => how)).toEqual(['accepted']);
});

test('what a sender claims of a dead letter is not in it', async () => {
  const { broker, clock } = await underTest();
  const properties = {
    ...received('1').properties,
    [DEAD.sender]: 'another',
    [DEAD.reason]: 'mine',
    _AMQ_DUPL_ID: 'x',
  };
  broker.deliver(received('1', { properties, subject: 'Nothing' }));
  await clock.advance(0);
  const dead = broker.stored[0]?.message.properties;
  expect([dead?.[DEAD.sender], dead?.[DEAD.reason], dead?.[DEAD.origin]]).toEqual([
    PEER,
    'Invalid message type: Nothing.',
    IN,
  ]);
  expect(dead?.['_AMQ_DUPL_ID']).not.toBe('x');
});

test('what the own broker does not take at that address is a dead letter; when it takes nothing the message stays', async () => {
  const { broker, clock } = await underTest();
  broker.answer = new Error('no such address');
  broker.deliver(received('1'));
  await clock.advance(0);
  expect(broker.stored.map(({ address }) => address)).toEqual([IN, 'dead-letters']);
  expect(broker.settled).toEqual([]);
  await clock.advance(1_000);
  expect(broker.settled).toEqual([['1', 'released']]);
});

test('IDs that are allotted with a later map count from then on', async () => {
  const { broker, clock, screen } = await underTest();
  const agent = { id: '1234abcd', nodeType: 'debtors-agent' } as const;
  const authority = { id: PEER, nodeType: 'accounting-authority' } as SwaptacularPeer;
  const wire = received('1', {
    subject: 'AccountPurge',
    body: Buffer.from(
      '{"type":"AccountPurge","debtor_id":1311862288428302336,"creditor_id":0,"creation_date":"1970-01-01","ts":"1970-01-01T00:00:00Z"}',
    ),
  });
  screen.follow(agent, [authority]);
  broker.deliver(wire);
  await clock.advance(0);
  screen.follow({ ...agent, subnet: '1234abcd' }, [authority]);
  broker.deliver(wire);
  await clock.advance(0);
  expect(broker.stored.map(({ address }) => address)).toEqual(['dead-letters', IN]);
});

test('while the processors are busy it leaves its link, and then goes on by itself with another', async () => {
  const { broker, clock } = await underTest();
  const deliver = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent += 1) broker.deliver(received(String(sent)));
    await clock.advance(0);
  };
  await deliver(10);
  expect([broker.settled.length, broker.readers]).toEqual([10, 0]);
  await clock.advance(999);
  expect([broker.readers, broker.links]).toEqual([0, 1]);
  await clock.advance(1);
  expect([broker.credit, broker.readers, broker.links]).toEqual([10, 1, 2]);
  await deliver(10);
  expect([broker.settled.length, broker.readers, broker.links]).toEqual([20, 1, 2]);
  expect(broker.credit).toBeGreaterThan(10);
});

test('the processors are looked at ten times a second meanwhile', async () => {
  const { broker, clock, idled } = await underTest();
  for (let sent = 0; sent < 10; sent += 1) broker.deliver(received(String(sent)));
  await clock.advance(300);
  idled.ms += 200;
  await clock.advance(99);
  expect([broker.readers, broker.links]).toEqual([0, 1]);
  await clock.advance(1);
  expect([broker.readers, broker.links]).toEqual([1, 2]);
});

test('a screen that is stopped while it has left its link does not come back', async () => {
  const { broker, clock, screen } = await underTest();
  for (let sent = 0; sent < 10; sent += 1) broker.deliver(received(String(sent)));
  await clock.advance(0);
  await screen.stop();
  await clock.advance(2_000);
  expect([broker.readers, broker.links]).toEqual([0, 1]);
});

test('a connection that is lost while it has left its link makes it read over the next one, once', async () => {
  const { broker, clock } = await underTest();
  for (let sent = 0; sent < 10; sent += 1) broker.deliver(received(String(sent)));
  await clock.advance(0);
  broker.lose();
  await clock.advance(10_000);
  expect([broker.credit, broker.links]).toEqual([10, 2]);
});

test('while what it has asked for does not all come it keeps its link', async () => {
  const { broker, clock } = await underTest();
  for (let sent = 0; sent < 9; sent += 1) broker.deliver(received(String(sent)));
  await clock.advance(1_000);
  expect([broker.credit, broker.readers, broker.links]).toEqual([10, 1, 1]);
});

test('when a burst is over it begins anew with a link of which it has asked for few', async () => {
  const { broker, clock, idled } = await underTest();
  let sent = 0;
  const deliver = async (count: number): Promise<void> => {
    for (const end = sent + count; sent < end; sent += 1) broker.deliver(received(String(sent)));
    await clock.advance(0);
  };
  await deliver(3);
  idled.ms += 200;
  await clock.advance(100);
  while (broker.credit < 100) await deliver(Math.ceil(broker.credit / 4));
  await clock.advance(249);
  expect([broker.credit, broker.links]).toEqual([100, 1]);
  await clock.advance(1);
  expect([broker.credit, broker.links]).toEqual([10, 2]);
  await clock.advance(10_000);
  expect(broker.links).toBe(2);
  await deliver(3);
  await clock.advance(1_000);
  expect(broker.credit).toBe(10);
  expect(broker.settled.map(([receipt]) => Number(receipt))).toEqual([...Array(sent).keys()]);
});
