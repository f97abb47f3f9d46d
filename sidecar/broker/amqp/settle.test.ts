import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { create_container, type Delivery, type EventContext } from 'rhea';
import { settle, type Settlement } from './settle';

/** What a broker is told of so many messages that are all here before `settleAll` is called. */
async function told(count: number, settleAll: (deliveries: Delivery[]) => void): Promise<Settlement[]> {
  const broker = create_container();
  const server = broker.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const told: Settlement[] = [];
  broker.once('sendable', ({ sender }: EventContext) => {
    for (let number = 0; number < count; number += 1) sender?.send({ body: number });
  });
  const note =
    (how: Settlement) =>
    ({ delivery }: EventContext): void => {
      told[delivery?.id ?? -1] = how;
    };
  broker.on('accepted', note('accepted'));
  broker.on('released', note('released'));
  broker.on('modified', note('failed'));
  const connection = create_container().connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    reconnect: false,
  });
  const receiver = connection.open_receiver({ source: 'q', credit_window: 0, autoaccept: false });
  await once(receiver, 'receiver_open');
  const deliveries: Delivery[] = [];
  const all = new Promise<void>((resolve) => {
    receiver.on('message', ({ delivery }: EventContext) => {
      if (delivery !== undefined) deliveries.push(delivery);
      if (deliveries.length === count) resolve();
    });
  });
  receiver.add_credit(count);
  await all;
  await new Promise(setImmediate);
  settleAll(deliveries);
  const closed = once(connection, 'connection_close');
  connection.close();
  await closed;
  server.close();
  return told;
}

const OUTCOMES = ['accepted', 'failed', 'released'] as const;

test.each(OUTCOMES.flatMap((a) => OUTCOMES.flatMap((b) => OUTCOMES.map((c) => [a, b, c] as const))))(
  'settled in one turn as %s, %s and %s, each message has its own outcome',
  async (...outcomes) => {
    const seen = await told(3, (deliveries) =>
      deliveries.forEach((each, at) => settle(each, outcomes[at] ?? 'failed')),
    );
    expect(seen).toEqual(outcomes);
  },
);

test('many, in any order', async () => {
  const outcomes = Array.from({ length: 200 }, (_, at) => OUTCOMES[(at * 7 + Math.floor(at / 5)) % 3] ?? 'failed');
  const seen = await told(200, (deliveries) => {
    const order = deliveries.map((_, at) => (at * 77) % 200);
    for (const at of order) settle(deliveries[at] as Delivery, outcomes[at] ?? 'failed');
  });
  expect(seen).toEqual(outcomes);
});
