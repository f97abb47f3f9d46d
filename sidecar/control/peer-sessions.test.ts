import { planFor } from '../../test/faults/model/network';
import { ManualClock } from '../lib/clock';
import type { Logger } from '../lib/log';
import { PeerSessions } from './peer-sessions';

const log: Logger = {
  ...{ trace: () => undefined, debug: () => undefined, child: () => log },
  ...{ info: () => undefined, warn: () => undefined, error: () => undefined },
};

function underTest(sessions: readonly string[], failures = 0) {
  const clock = new ManualClock();
  const closed: string[] = [];
  let left = failures;
  const operations = {
    async sessions() {
      left -= 1;
      if (left >= 0) throw new Error('the broker does not answer');
      return sessions.map((validatedUser, index) => ({ connection: `c${index}`, validatedUser }));
    },
    async closeConnection(id: string) {
      closed.push(id);
      return true;
    },
  };
  return { clock, closed, peers: new PeerSessions({ operations, clock, log }) };
}

const plan = planFor([]);
const own = `peer.${plan.ownId}`;

test('closed is what a peer has open that may not log in any more, and nothing else', async () => {
  const { peers, closed } = underTest([own, 'peer.gone', 'SystemUsers/Node', '', 'alice']);
  await peers.follow(plan);
  expect(closed).toEqual(['c1']);
});

test('a broker that does not answer is asked again', async () => {
  const { peers, closed, clock } = underTest(['peer.gone'], 2);
  await peers.follow(plan);
  expect(closed).toEqual([]);
  await clock.advance(1_000);
  expect(closed).toEqual([]);
  await clock.advance(1_000);
  expect(closed).toEqual(['c0']);
});

test('after the stop nothing is tried again', async () => {
  const { peers, closed, clock } = underTest(['peer.gone'], 1);
  await peers.follow(plan);
  peers.stop();
  await clock.advance(10_000);
  expect(closed).toEqual([]);
});
