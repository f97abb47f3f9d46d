import { ManualClock } from '../../sidecar/lib/clock';
import { randomFaults, seeded } from './reference-server/faults';
import { MemoryInbox } from './reference-server/memory-inbox';
import { numbered, numberIn } from './reference-server/numbered';
import { RelayWorld, untilMoving } from './reference-server/relay-world';

const world = new RelayWorld();
afterEach(() => world.end());

const COUNT = 10_000;
/** Refused by the peer: by name, or so that nobody can tell which one it was. */
const isPoison = (number: number): boolean => number % 997 === 13 || number % 1_999 === 40;

test.each([1, 2, 3])('10,000 messages through all faults at once: none lost, in order (seed %d)', async (seed) => {
  const clock = new ManualClock(1_700_000_000_000);
  const random = seeded(seed);
  const inbox = new MemoryInbox(numbered(COUNT));
  const accepted = new Set<number>();
  const afterReceipt: number[] = [];
  const server = await world.serve({
    ...{ clock, random, downMs: 500 },
    refuse: (_, body) => {
      const number = numberIn(body.toString());
      if (accepted.has(number)) afterReceipt.push(number);
      if (!isPoison(number)) return undefined;
      return number % 997 === 13 ? 'Invalid PrepareTransfer message.' : 'UTF-8 decode error.';
    },
  });
  server.faults = randomFaults(random, {
    ...{ 'reset-before': 0.0008, 'reset-after': 0.0008, 'lose-receipt': 0.05 },
    ...{ error: 0.0004, freeze: 0.0003, restart: 0.0003 },
  });
  const accept = inbox.accepted.push.bind(inbox.accepted);
  inbox.accepted.push = (message) => {
    accepted.add(Number(message.id));
    return accept(message);
  };
  const relay = world.relay(inbox, server, { clock, random, retry: undefined, timing: { connectMs: 120_000 } });
  relay.start();
  let lost = 0;
  await untilMoving(
    clock,
    'the queue is empty',
    () => {
      if (inbox.accepted.length > (lost + 1) * 3_000) {
        lost += 1;
        inbox.lose();
      }
      return inbox.size === 0;
    },
    () => server.stored.length + inbox.accepted.length + server.connects,
  );

  const all = numbered(COUNT).map(({ id }) => Number(id));
  const good = all.filter((number) => !isPoison(number));
  expect(inbox.accepted.map(({ id }) => Number(id))).toEqual(good);
  expect(inbox.rejected.map(({ message }) => Number(message.id))).toEqual(all.filter(isPoison));
  const stored = server.stored.map(({ body }) => numberIn(body));
  expect([...new Set(stored)]).toEqual(good);
  expect(jumps(stored, good)).toEqual([]);
  expect(afterReceipt).toEqual([]);
  const doubled = stored.length - good.length;
  const status = relay.status();
  expect(doubled).toBeGreaterThan(0);
  expect(doubled).toBeLessThanOrEqual(status.doubledPossible);
  expect(status).toMatchObject({ phase: 'connected', setAside: all.length - good.length, inFlight: 0, waiting: 0 });
  expect(server.restarts).toBeGreaterThan(0);
  expect(inbox.opens).toBe(lost + 1);
  expect(inbox.mostOut).toBeLessThanOrEqual(400);
});

/** Where a message came before one that stands between it and its forerunner in the queue. */
function jumps(stored: readonly number[], good: readonly number[]): string[] {
  const places = new Map(good.map((number, place) => [number, place]));
  return stored.flatMap((number, at) => {
    const before = stored[at - 1];
    const forerunner = before === undefined ? -1 : (places.get(before) ?? Number.NaN);
    return (places.get(number) ?? Number.NaN) <= forerunner + 1 ? [] : [`${before ?? 'nothing'}, then ${number}`];
  });
}
