import { KEPT_MS } from '../../plan/corda-addresses';
import { CAUSES, slicesOf, slicesOfNumber, slicesOfTime } from './slices';

const SETTINGS = { ownIds: ['DLMe', 'DLService'], maxMessageSize: 1_000_000 };

test('every cause has its slices; only what expired is in the other queue', () => {
  const slices = slicesOf({}, SETTINGS);
  expect(new Set(slices.map(({ cause }) => cause))).toEqual(new Set(CAUSES));
  for (const { queue, cause } of slices) expect(queue === 'expired').toBe(cause === 'expired');
});

test('what came by AMQP is selected by annotations, never by properties that a sender can set', () => {
  const own = slicesOf({ peer: 'DLBravo' }, SETTINGS).filter(({ form }) => form === 'amqp');
  expect(own).toHaveLength(5);
  for (const { selector } of own) {
    expect(selector).toMatch(/^"m\.x-opt-ORIG-ADDRESS" IS NOT NULL/);
    expect(selector).not.toMatch(/_AMQ_ORIG|netmap_dead/);
  }
});

test('what carries the word of the broker is none of the library', () => {
  for (const { selector, form } of slicesOf({}, SETTINGS)) {
    if (form !== 'library') continue;
    expect(selector).toMatch(/^"m\.x-opt-ORIG-ADDRESS" IS NULL AND _AMQ_ORIG_ADDRESS IS NULL AND /);
  }
});

test('what stands for anything in a pattern is no part of one', () => {
  for (const peer of ['a_b', 'a%', 'a.b']) {
    const [slice] = slicesOf({ peer, cause: 'refused' }, SETTINGS);
    expect(slice?.selector).not.toContain(`LIKE 'internal.peers.`);
  }
});

test('a filter becomes part of each selector', () => {
  const filter = { peer: "D'L", topic: "o'clock", since: 1_000, until: 2_000, cause: 'refused' } as const;
  const [slice, ...more] = slicesOf(filter, SETTINGS);
  expect(more).toHaveLength(1);
  expect(slice?.selector).toBe(
    `"m.x-opt-ORIG-ADDRESS" IS NOT NULL AND "m.x-opt-ORIG-QUEUE" LIKE 'internal.%' AND ("m.x-opt-ORIG-ADDRESS" IN (` +
      `'p2p.inbound.DLMe.from.D''L', 'p2p.inbound.DLMe.from.D''L::p2p.inbound.DLMe', ` +
      `'p2p.inbound.DLService.from.D''L', 'p2p.inbound.DLService.from.D''L::p2p.inbound.DLService', ` +
      `'internal.peers.D''L', 'internal.services.D''L', 'rpc.server.from.D''L') ` +
      `OR "m.x-opt-ORIG-ADDRESS" LIKE 'internal.peers.D''L.%' OR "m.x-opt-ORIG-ADDRESS" LIKE 'internal.peers.D''L::%') ` +
      `AND "platform-topic" = 'o''clock' ` +
      `AND AMQExpiration >= ${1_000 + KEPT_MS} AND AMQExpiration <= ${2_000 + KEPT_MS}`,
  );
});

test('one dead letter is looked for where one of its kind can be', () => {
  expect(new Set(slicesOfNumber(7, SETTINGS).map(({ form }) => form))).toEqual(new Set(['amqp', 'core']));
  expect(new Set(slicesOfTime(7, SETTINGS).map(({ form }) => form))).toEqual(new Set(['library']));
});
