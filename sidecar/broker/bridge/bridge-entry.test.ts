import { peer, planFor } from '../../../test/faults/model/network';
import { AccessError } from '../amqp/access-error';
import { BridgeEntry, viewOf } from './bridge-entry';

const [bridge] = planFor([peer('A')]).bridges;
if (bridge === undefined) throw new Error('the plan has no bridge');
const LIMITS = { minMs: 1_000, maxMs: 60_000, handshakeMinMs: 10_000, handshakeMaxMs: 120_000 };
const down = new AccessError('ACCESS_UNREACHABLE', 'down');
const entryWith = (random: () => number): BridgeEntry => new BridgeEntry(bridge, 0, LIMITS, random);

/** Waits after so many failures in a row, milliseconds. */
function waits(entry: BridgeEntry, cause: Error, count: number): number[] {
  return Array.from({ length: count }, () => entry.fail(cause, 5_000) - 5_000);
}

test('waits grow from one second to a minute', () => {
  expect(
    waits(
      entryWith(() => 0.999_999),
      down,
      8,
    ),
  ).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

test('waits are of up to half their length shorter by chance, and never below the shortest', () => {
  expect(
    waits(
      entryWith(() => 0),
      down,
      8,
    ),
  ).toEqual([1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test.each(['ACCESS_TLS', 'ACCESS_WRONG_PEER'] as const)('after %s waits are longer', (code) => {
  expect(
    waits(
      entryWith(() => 0.999_999),
      new AccessError(code, 'x'),
      5,
    ),
  ).toEqual([10_000, 20_000, 40_000, 80_000, 120_000]);
});

test.each(['ACCESS_LOGIN', 'ACCESS_REFUSED', 'ACCESS_TIMEOUT', 'ACCESS_UNREACHABLE'] as const)(
  'after %s waits are plain ones',
  (code) => {
    expect(
      waits(
        entryWith(() => 0),
        new AccessError(code, 'x'),
        1,
      ),
    ).toEqual([1_000]);
  },
);

test('it waits since its first failure, whatever it was tried in between', () => {
  const entry = entryWith(() => 0);
  entry.fail(down, 100);
  entry.state = { ...entry.state, phase: 'checking' };
  entry.fail(down, 2_000);
  expect(entry.state).toEqual({ phase: 'waiting', since: 100, retryAt: 3_000 });
  entry.enter('idle', 5_000);
  entry.fail(down, 6_000);
  expect(entry.state.since).toBe(6_000);
  expect(entry.failures).toBe(3);
});

test('a success makes the next failure a first one', () => {
  const entry = entryWith(() => 0.999_999);
  waits(entry, down, 5);
  entry.succeed();
  expect([entry.failures, entry.cause]).toEqual([0, undefined]);
  expect(waits(entry, down, 1)).toEqual([1_000]);
});

test('the phase that it is in already is not entered again', () => {
  const entry = entryWith(() => 0);
  expect([entry.enter('idle', 7), entry.state.since, entry.enter('starting', 8), entry.state.since]).toEqual([
    false,
    0,
    true,
    8,
  ]);
});

test('the numbers of all its queues count together; what the broker does not list is zero', () => {
  const more = { ...bridge, links: [...bridge.links, { queue: 'internal.services.S', remoteAddress: 'x' }] };
  const queues = new Map([
    ['internal.peers.DLA', { messageCount: 2, deliveringCount: 1, messagesAcknowledged: 10 }],
    ['internal.services.S', { messageCount: 3, deliveringCount: 2, messagesAcknowledged: 20 }],
    ['other', { messageCount: 9, deliveringCount: 9, messagesAcknowledged: 9 }],
  ]);
  const links = new Map([[bridge.name, { started: true, connected: false }]]);
  const link = { started: true, connected: false };
  expect(viewOf(more, queues, links)).toEqual({ queued: 5, delivering: 3, settled: 30, link });
  expect(viewOf(more, new Map(), new Map())).toEqual({ queued: 0, delivering: 0, settled: 0, link: undefined });
});
