import { ManualClock } from '../../lib/clock';
import { NumberReader } from './broker-numbers';

/** Counts what is asked for; a total given makes the broker hold so many messages. */
function setUp() {
  const asked: string[] = [];
  const broker = { total: 0, fails: false };
  const clock = new ManualClock();
  const reader = new NumberReader(
    {
      totalMessageCount: async () => broker.total,
      listQueues: async () => {
        asked.push('queues');
        if (broker.fails) throw new Error('down');
        return [];
      },
      brokerConnections: async () => {
        asked.push('connections');
        return [{ name: 'c', uri: '', started: true, connected: true }];
      },
    },
    clock,
  );
  return { asked, broker, clock, reader };
}

test('queues are listed when the total changes, when something is in use, and now and then', async () => {
  const { asked, broker, clock, reader } = setUp();
  const listed = async (busy: boolean): Promise<boolean> => {
    asked.length = 0;
    await reader.changed(busy, false);
    return asked.length > 0;
  };
  expect([await listed(false), await listed(false), await listed(true)]).toEqual([true, false, true]);
  broker.total = 1;
  expect([await listed(false), await listed(false)]).toEqual([true, false]);
  await clock.advance(5_000);
  expect([await listed(false), await listed(false)]).toEqual([true, false]);
  reader.forget();
  expect(await listed(false)).toBe(true);
});

test('a listing that failed is asked for again', async () => {
  const { asked, broker, reader } = setUp();
  broker.fails = true;
  await expect(reader.changed(false, false)).rejects.toThrow('down');
  broker.fails = false;
  asked.length = 0;
  expect(await reader.changed(false, false)).toBeDefined();
});

test('connections are asked for where there may be some', async () => {
  const { asked, reader } = setUp();
  expect((await reader.changed(true, false))?.links.size).toBe(0);
  expect((await reader.changed(true, true))?.links.get('c')?.connected).toBe(true);
  expect(asked).toEqual(['queues', 'queues', 'connections']);
});
