import { planFor, SETTINGS, MATERIAL } from '../../test/faults/model/network';
import { ManualClock } from '../lib/clock';
import type { Logger } from '../lib/log';
import { networkView } from '../network/network-view';
import type { BrokerPlan } from '../plan/broker-plan';
import { planBroker } from '../plan/plan-broker';
import { RpcSessions } from './rpc-sessions';

const log: Logger = {
  ...{ trace: () => undefined, debug: () => undefined, child: () => log },
  ...{ info: () => undefined, warn: () => undefined, error: () => undefined },
};

function planWith(users: Readonly<Record<string, string>>): BrokerPlan {
  const rpcUsers = Object.entries(users).map(([name, passwordHash]) => ({ name, passwordHash }));
  return planBroker(networkView(MATERIAL.own, []), { ...SETTINGS, rpcUsers });
}

function sessionsUnderTest(open: Record<string, string[]> = {}) {
  const clock = new ManualClock();
  const closed: string[] = [];
  const failures: Error[] = [];
  const operations = {
    async connections() {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const common = { remoteAddress: '', localAddress: '', protocol: 'AMQP', sessionCount: 1 };
      return Object.entries(open).map(([id, users]) => ({ ...common, id, users }));
    },
    async closeConnection(id: string) {
      closed.push(id);
      return true;
    },
    async closeConnectionsOf(user: string) {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      closed.push(user);
      return true;
    },
  };
  const sessions = new RpcSessions({ operations, clock, random: () => 0, log });
  return { clock, closed, failures, sessions };
}

test('closed are the connections of those who are gone or have another password, and of nobody else', async () => {
  const { closed, sessions } = sessionsUnderTest();
  const before = planWith({ alice: 'A', bob: 'B', carol: 'C' });
  await sessions.follow(before, planWith({ alice: 'A', carol: 'D', dave: 'E' }));
  expect(closed).toEqual(['bob', 'carol']);
  await sessions.follow(planWith({ alice: 'A' }), planWith({ alice: 'A' }));
  expect(closed).toHaveLength(2);
});

test('at the start: those of users who are not in the plan; what the node and peers have open stays', async () => {
  const open = {
    1: ['alice'],
    2: ['bob'],
    3: ['SystemUsers/Node'],
    4: [],
    5: ['SystemUsers/Peer'],
    6: ['alice', 'eve'],
  };
  const { closed, sessions } = sessionsUnderTest(open);
  await sessions.follow(undefined, planWith({ alice: 'A' }));
  expect(closed).toEqual(['2', '6']);
});

test('what cannot be closed is tried again until it is', async () => {
  const { clock, closed, failures, sessions } = sessionsUnderTest();
  failures.push(new Error('no answer'), new Error('no answer'));
  await sessions.follow(planWith({ alice: 'A' }), planWith({}));
  expect(closed).toEqual([]);
  await clock.advance(10_000);
  expect(closed).toEqual(['alice']);
  await clock.advance(100_000);
  expect(closed).toEqual(['alice']);
});

test('after the stop nothing is tried any more', async () => {
  const { clock, closed, failures, sessions } = sessionsUnderTest();
  failures.push(new Error('no answer'));
  await sessions.follow(planWith({ alice: 'A' }), planFor([]));
  await sessions.stop();
  await clock.advance(100_000);
  expect(closed).toEqual([]);
});
