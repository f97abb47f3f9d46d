import { peer } from '../../../test/faults/model/network';
import type { AddressInfo, QueueInfo } from '../../broker/operations-types';
import { ManualClock } from '../../lib/clock';
import { silentLogger } from '../../lib/log';
import type { BrokerPlan } from '../../plan/broker-plan';
import { CertificateDates } from './certificate-dates';
import { ChangeLog } from './change-log';
import { ChangeWay, type TracedChange } from './change-way';
import { TrafficWatch } from './traffic';

const queue = (id: string, messagesAcknowledged: number, deliveringCount = 0): QueueInfo =>
  ({ name: `internal.peers.${id}`, messagesAcknowledged, deliveringCount }) as QueueInfo;

function traffic() {
  const clock = new ManualClock(0);
  const asked = { queues: 0, dead: 0, takesMs: 0 };
  let queues: QueueInfo[] = [];
  const watch = new TrafficWatch({
    ownIds: ['DLMe'],
    clock,
    operations: {
      listQueues: async (filter) => {
        asked.queues += 1;
        await clock.advance(asked.takesMs);
        return filter?.field === 'messagesAcked' ? queues : [];
      },
      listAddresses: async () =>
        [
          { name: 'p2p.inbound.DLMe.from.DLA', unroutedCount: 2 },
          { name: 'internal.peers.DLA', unroutedCount: 3 },
          { name: 'activemq.notifications', unroutedCount: 30 },
        ] as AddressInfo[],
      countMessagesBy: async () => {
        asked.dead += 1;
        return new Map([
          ['p2p.inbound.DLMe.from.DLA', 4],
          ['null', 9],
        ]);
      },
    },
  });
  return { clock, asked, watch, has: (next: QueueInfo[]) => (queues = next) };
}

test('what peers took is counted on when a broker starts anew, and when a peer leaves', async () => {
  const { watch, has } = traffic();
  const none = { total: 0 };
  has([queue('DLA', 5, 1), queue('DLB', 2), { ...queue('X', 9), name: 'p2p.inbound.DLMe' }]);
  await watch.look(1, none);
  expect(watch.view()).toMatchObject({ deliveredTotal: 7, unrouted: 5 });
  expect([...watch.view().peers]).toEqual([
    ['DLA', { delivered: 5, inFlight: 1 }],
    ['DLB', { delivered: 2, inFlight: 0 }],
  ]);
  has([queue('DLA', 6)]);
  await watch.look(1, none);
  expect(watch.view().deliveredTotal).toBe(8);
  has([queue('DLA', 1)]);
  await watch.look(1, none);
  expect(watch.view().deliveredTotal).toBe(9);
});

test('dead letters are sorted by peer when they have become others, and not before', async () => {
  const { watch, asked } = traffic();
  const dead = { total: 4, causes: { unsigned: 4 } };
  await watch.look(1, dead);
  expect([...watch.view().deadLetters]).toEqual([['DLA', { unsigned: 4 }]]);
  const before = asked.dead;
  await watch.look(1, dead);
  expect(asked.dead).toBe(before);
  await watch.look(1, { total: 200_000 });
  expect(watch.view().deadLetters.size).toBe(0);
});

test('a broker for which a look is work is left alone for twenty times as long', async () => {
  const { watch, asked, clock } = traffic();
  asked.takesMs = 1_000;
  await watch.look(1, { total: 0 });
  const first = asked.queues;
  await clock.advance(37_000);
  await watch.look(1, { total: 0 });
  expect(asked.queues).toBe(first);
  await clock.advance(2_000);
  await watch.look(1, { total: 0 });
  expect(asked.queues).toBeGreaterThan(first);
});

test('a certificate that cannot be read has no end, and keeps nobody else from having one', async () => {
  const dates = new CertificateDates({
    stores: {
      nodeKey: '',
      nodeChain: 'none',
      ownCertificate: '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----',
      roots: '',
    },
  });
  expect(dates.own).toEqual({});
  await dates.look([peer('A')]);
  expect([...dates.peers]).toEqual([]);
});

test('of the last changes twenty are kept, each with its first lines and whom it could touch at most', () => {
  const log = new ChangeLog();
  const line = (blast: 'nothing' | 'restart') => ({ subject: 'A', what: 'joins', why: 'so', blast });
  const ended = { change: 'c', at: 1, tookMs: 2, why: 'w' };
  log.live({
    ...ended,
    changes: [line('nothing'), line('restart'), ...Array<ReturnType<typeof line>>(50).fill(line('nothing'))],
  });
  expect(log.list()).toMatchObject([{ outcome: 'live', blast: 'restart', more: 12 }]);
  expect(log.list()[0]?.lines).toHaveLength(40);
  for (let at = 0; at < 60; at++)
    log.refused({ ...ended, change: String(at), changes: [] }, { code: `CODE_${at}`, message: 'm', since: 0 });
  expect(log.list()).toHaveLength(20);
  expect(log.list()[0]).toMatchObject({ change: '59', outcome: 'refused', problem: { code: 'CODE_59' } });
  expect(log.counts().refused.size).toBe(41);
  expect(log.counts().refused.get('OTHER')).toBe(20);
  expect(log.counts().applied).toEqual({ nothing: 0, 'one peer': 0, 'clients of an acceptor': 0, restart: 1 });
});

test('each step of a change is logged with its id, and traced with its time', async () => {
  const clock = new ManualClock(1_000);
  const lines: unknown[] = [];
  const traced: TracedChange[] = [];
  const log = { ...silentLogger, debug: (message: string, fields?: object) => void lines.push([message, fields]) };
  const way = new ChangeWay({ change: 'abc', why: 'w', clock, log, trace: (one) => traced.push(one) });
  await clock.advance(5);
  way.reached('planned');
  await clock.advance(7);
  way.failed('held');
  expect(lines).toEqual([
    ['change: seen', { change: 'abc', why: 'w', afterMs: 0 }],
    ['change: planned', { change: 'abc', why: 'w', afterMs: 5 }],
  ]);
  const steps = [
    { step: 'seen', at: 1_000 },
    { step: 'planned', at: 1_005 },
  ];
  expect(traced).toEqual([{ change: 'abc', why: 'w', steps, endedAt: 1_012, error: 'held' }]);
  const plan = (...names: string[]): BrokerPlan =>
    ({ bridges: names.map((name) => ({ name })) }) as unknown as BrokerPlan;
  way.live(plan('a', 'b'), plan('b', 'c', 'd'), ['one', 'two']);
  expect(traced[1]).toMatchObject({
    steps: [{ step: 'seen', at: 1_012 }],
    outcome: { peers: 3, added: 2, removed: 1, changes: 2 },
  });
});
