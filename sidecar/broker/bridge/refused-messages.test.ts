import { bridgesOf, running } from '../../../test/faults/model/bridges-under-test';
import { AccessError } from '../amqp/access-error';

const QUEUE = 'internal.peers.DLA';
const MINUTE = 60_000;

test('a message that the peer gives back each time is in the dead letters within seconds, and is told once', async () => {
  const { clock, broker, controller, lines } = await running(['A']);
  broker.refused.set(QUEUE, [7]);
  broker.put('A', 4);
  await clock.advance(4_000);
  expect(broker.buried).toEqual([]);
  await clock.advance(8_000);
  expect(broker.buried).toEqual([7]);
  await clock.advance(MINUTE);
  expect(broker.buried).toEqual([7]);
  expect(broker.queues.get(QUEUE)).toEqual({ messages: 0, settled: 3 });
  expect(lines.filter((line) => /dead letters/.test(line))).toEqual([
    'a message is put into the dead letters: the peer gives it back each time',
  ]);
  await controller.stop();
});

test('it is found while others are taken all the time, and while it is itself on its way', async () => {
  const { clock, broker, controller } = await running(['A']);
  broker.refused.set(QUEUE, [7]);
  broker.put('A', 1);
  let behind = 1_000;
  jest.spyOn(broker, 'firstMessage').mockImplementation(async () => ({ id: (behind += 1) }));
  for (let second = 0; second < 30; second += 1) {
    broker.put('A', 5);
    await clock.advance(1_000);
  }
  expect(broker.buried).toEqual([7]);
  expect(broker.queues.get(QUEUE)).toEqual({ messages: 0, settled: 150 });
  await controller.stop();
});

test('those that make the peer end the connection hold up the rest for seconds, and each that follows for longer', async () => {
  const { clock, broker, controller, lines } = await running(['A']);
  broker.refused.set(QUEUE, [7, 8]);
  broker.cutsOff = true;
  broker.put('A', 5);
  await clock.advance(10_000);
  expect(broker.buried).toEqual([]);
  await clock.advance(20_000);
  expect(broker.buried).toEqual([7]);
  await clock.advance(3 * MINUTE);
  expect(broker.buried).toEqual([7, 8]);
  expect(broker.queues.get(QUEUE)).toEqual({ messages: 0, settled: 3 });
  expect(lines.filter((line) => /dead letters/.test(line))).toEqual(
    [7, 8].map(() => 'a message is put into the dead letters: the peer ends the connection each time that it is sent'),
  );
  await controller.stop();
});

describe('a peer with two addresses', () => {
  const twoAddresses = () =>
    bridgesOf(['A']).map((bridge) => ({
      ...bridge,
      addresses: [...bridge.addresses, { host: 'other.example', port: 1 }],
    }));

  test('loses nothing while the broker tries the one that is dead, however often that fails', async () => {
    const { clock, broker, replace, controller } = await running(['A']);
    await replace(twoAddresses());
    broker.connects = false;
    broker.put('A', 3);
    await clock.advance(4 * MINUTE);
    broker.connects = true;
    await clock.advance(2 * MINUTE);
    expect(broker.buried).toEqual([]);
    expect(broker.queues.get(QUEUE)).toEqual({ messages: 0, settled: 3 });
    await controller.stop();
  });

  test('is given time for both before the broker is told to begin again', async () => {
    const { clock, broker, replace, controller } = await running(['A']);
    await replace(twoAddresses());
    broker.connects = false;
    broker.put('A', 1);
    await clock.advance(9_000);
    expect(broker.taken(/^start/)).toHaveLength(1);
    await clock.advance(5_000);
    expect(broker.taken(/^start/)).toHaveLength(1);
    await controller.stop();
  });

  test('is held up by a message that ends each connection for minutes, and not for ever', async () => {
    const { clock, broker, replace, controller } = await running(['A']);
    await replace(twoAddresses());
    broker.refused.set(QUEUE, [7]);
    broker.cutsOff = true;
    broker.put('A', 3);
    await clock.advance(4 * MINUTE);
    expect(broker.buried).toEqual([]);
    await clock.advance(4 * MINUTE);
    expect(broker.buried).toEqual([7]);
    expect(broker.queues.get(QUEUE)).toEqual({ messages: 0, settled: 2 });
    await controller.stop();
  });
});

test('of a peer that gives everything back one message is taken away, and no more', async () => {
  const { clock, broker, controller } = await running(['A']);
  broker.refused.set(QUEUE, [1, 2, 3, 4, 5]);
  broker.put('A', 5);
  await clock.advance(60 * MINUTE);
  expect(broker.buried).toEqual([1]);
  // It takes what comes now, so that what it still gives back is to blame.
  broker.put('A', 1);
  await clock.advance(60 * MINUTE);
  expect(broker.buried).toEqual([1, 2]);
  await controller.stop();
});

test('a peer that lets us in no more costs no message', async () => {
  const { clock, broker, refusing, controller } = await running(['A']);
  broker.refused.set(QUEUE, [1, 2]);
  broker.put('A', 2);
  await clock.advance(1_000);
  refusing.set('DLA', new AccessError('ACCESS_REFUSED', 'withdrawn'));
  await clock.advance(60 * MINUTE);
  expect(broker.buried).toEqual([]);
  await controller.stop();
});

test('a peer that answers nothing costs no message', async () => {
  const { clock, broker, controller } = await running(['A']);
  broker.carries = false;
  broker.put('A', 2);
  await clock.advance(60 * MINUTE);
  expect(broker.buried).toEqual([]);
  await controller.stop();
});
