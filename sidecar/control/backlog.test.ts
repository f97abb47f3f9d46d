import { peer, planFor } from '../../test/faults/model/network';
import type { BridgeStatus } from '../broker/bridge/bridge-status';
import { Backlog } from './backlog';

const plan = planFor([peer('A'), peer('B')]);
const bridge = (letter: string, queued: number): BridgeStatus => ({
  peer: `DL${letter}`,
  name: letter,
  phase: 'waiting',
  since: 0,
  queued,
  failures: 1,
});

function over(heads: Record<string, { id: number; at?: number }>, dead: Record<string, number>) {
  const asked: string[] = [];
  const backlog = new Backlog({
    operations: {
      firstMessage: async (queue) => {
        asked.push(queue);
        return heads[queue];
      },
      messageCount: async (queue) => dead[queue] ?? 0,
      countMessages: async (queue, selector) => {
        asked.push('count');
        return queue === 'expired' && String(selector).includes('"m.') && !/IS NULL/.test(String(selector))
          ? (dead[queue] ?? 0)
          : 0;
      },
    },
    ownIds: ['DLMe'],
  });
  return { backlog, asked };
}

test('only peers with messages are asked about, and the oldest of all their queues counts', async () => {
  const { backlog, asked } = over({ 'internal.peers.DLA': { id: 1, at: 5_000 } }, {});
  await backlog.look(plan, [bridge('A', 2), bridge('B', 0)]);
  expect([...backlog.view().oldest]).toEqual([['DLA', 5_000]]);
  expect(asked).toEqual(['internal.peers.DLA']);
});

test('of a message without a time, or one that is on its way, no age is told', async () => {
  const { backlog } = over({ 'internal.peers.DLA': { id: 1 } }, {});
  await backlog.look(plan, [bridge('A', 2), bridge('B', 1)]);
  expect([...backlog.view().oldest]).toEqual([]);
});

test('dead letters are counted by cause when their number changes, and not before', async () => {
  const dead = { expired: 3 };
  const { backlog, asked } = over({}, dead);
  await backlog.look(plan, []);
  expect(backlog.view().deadLetters).toEqual({ total: 3, causes: { expired: 3 } });
  const [view, counted] = [backlog.view(), asked.length];
  await backlog.look(plan, []);
  expect(backlog.view()).toBe(view);
  expect(asked.length).toBe(counted);
  dead.expired = 200_000;
  await backlog.look(plan, []);
  expect(backlog.view().deadLetters).toEqual({ total: 200_000 });
});
