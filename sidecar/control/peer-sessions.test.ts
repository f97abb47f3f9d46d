import { peer, planFor } from '../../test/faults/model/network';
import { ManualClock } from '../lib/clock';
import type { Logger } from '../lib/log';
import { peerRole } from '../plan/roles';
import { PeerSessions } from './peer-sessions';

const plan = planFor([peer('A'), peer('B')]);
const [a, b] = plan.bridges.map(({ peer }) => peerRole(peer)) as [string, string];
const own = peerRole(plan.ownId);
const LOOK_MS = 250;
const PORT = 10_002;

function underTest(limit = 2) {
  const clock = new ManualClock();
  const open = new Map<string, string>();
  const closed: string[] = [];
  const told: string[] = [];
  const broker = { total: 0, listed: 0, failures: 0 };
  const log: Logger = {
    ...{ trace: () => undefined, debug: () => undefined, error: () => undefined, child: () => log },
    warn: (message) => void told.push(message),
    info: (message) => void told.push(message),
  };
  const operations = {
    async totalConnections() {
      return broker.total;
    },
    async sessions() {
      broker.listed += 1;
      broker.failures -= 1;
      if (broker.failures >= 0) throw new Error('the broker does not answer');
      return [...open].flatMap(([connection, validatedUser]) =>
        validatedUser === '' ? [] : { connection, validatedUser },
      );
    },
    async connections() {
      const common = { remoteAddress: '127.0.0.1:5', protocol: 'STOMP', users: [] };
      return [...open].map(([id, user]) => ({
        ...common,
        id,
        localAddress: `tcp://127.0.0.1:${user === '' ? id.split('@')[1] : PORT}`,
        sessionCount: user === '' ? 0 : 1,
      }));
    },
    async closeConnection(id: string) {
      closed.push(id);
      return open.delete(id);
    },
  };
  const come = (user: string, ...ids: readonly string[]): void => {
    for (const id of ids) open.set(id, user);
    broker.total += ids.length;
  };
  const peers = new PeerSessions({ operations, port: PORT, limit, clock, log });
  return { clock, open, closed, told, broker, come, peers };
}

test('closed is what a peer has open that may not log in any more, and nothing else', async () => {
  const { peers, closed, come } = underTest();
  come(own, 'c0');
  come('peer.gone', 'c1');
  come('SystemUsers/Node', 'c2');
  come('alice', 'c3');
  await peers.follow(plan);
  expect(closed).toEqual(['c1']);
  await peers.stop();
});

test('who may not log in any more and comes back nevertheless is closed at the next look', async () => {
  const { peers, closed, come, clock } = underTest();
  await peers.follow(plan);
  come('peer.gone', 'late');
  await clock.advance(LOOK_MS);
  expect(closed).toEqual(['late']);
  await peers.stop();
});

test('of each peer the newest beyond the limit are closed, those of others stay', async () => {
  const { peers, open, closed, told, come, clock } = underTest(2);
  come(a, 'a1', 'a2');
  come(b, 'b1');
  await peers.follow(plan);
  // The broker lists in any order.
  open.clear();
  come(a, 'a4', 'a3', 'a1', 'a2');
  come(b, 'b2', 'b1');
  come(own, 'o1', 'o2', 'o3');
  await clock.advance(LOOK_MS);
  expect([closed, [...open.keys()].sort()]).toEqual([
    ['a4', 'a3'],
    ['a1', 'a2', 'b1', 'b2', 'o1', 'o2', 'o3'],
  ]);
  open.delete('a1');
  come(a, 'a5');
  await clock.advance(LOOK_MS);
  expect(closed).toHaveLength(2);
  expect(told).toEqual(['a peer has more connections than it may: the newest are closed']);
  await peers.stop();
});

test('a peer that comes again and again is told of once a minute', async () => {
  const { peers, told, closed, come, clock } = underTest(1);
  await peers.follow(plan);
  for (let number = 0; number < 300; number += 1) {
    come(a, `a${number}`);
    await clock.advance(LOOK_MS);
  }
  expect([closed.length, told.length]).toEqual([299, 2]);
  await peers.stop();
});

test('nothing is listed while nobody comes', async () => {
  const { peers, broker, come, clock } = underTest();
  come(a, 'a1');
  await peers.follow(plan);
  await clock.advance(100 * LOOK_MS);
  expect(broker.listed).toBe(1);
  await peers.stop();
});

test('who does not say CONNECT within ten seconds is closed, at the door of peers alone', async () => {
  const { peers, closed, come, open, clock } = underTest();
  await peers.follow(plan);
  come('', `silent@${PORT}`, 'silent@10003', `slow@${PORT}`);
  await clock.advance(9_000);
  expect(closed).toEqual([]);
  open.set(`slow@${PORT}`, a);
  await clock.advance(2_000);
  expect(closed).toEqual([`silent@${PORT}`]);
  await peers.stop();
});

test('a broker that does not answer is asked again', async () => {
  const { peers, closed, come, broker, clock } = underTest();
  come('peer.gone', 'c0');
  broker.failures = 2;
  await peers.follow(plan);
  await clock.advance(LOOK_MS);
  expect(closed).toEqual([]);
  await clock.advance(LOOK_MS);
  expect(closed).toEqual(['c0']);
  await peers.stop();
});

test('after the stop nothing is looked at', async () => {
  const { peers, broker, come, clock } = underTest();
  await peers.follow(plan);
  await peers.stop();
  come('peer.gone', 'c0');
  await clock.advance(10_000);
  expect(broker.listed).toBe(1);
});
