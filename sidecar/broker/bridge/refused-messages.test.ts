import { running } from '../../../test/faults/model/bridges-under-test';
import { AccessError } from '../amqp/access-error';

const QUEUE = 'internal.peers.DLA';
const MINUTE = 60_000;

test('a message that the peer gives back each time is in the dead letters after three stalls, and is told once', async () => {
  const { clock, broker, controller, lines } = await running(['A']);
  broker.refused.set(QUEUE, [7]);
  broker.put('A', 4);
  await clock.advance(25_000);
  expect(broker.buried).toEqual([]);
  await clock.advance(2 * MINUTE);
  expect(broker.buried).toEqual([7]);
  expect(broker.queues.get(QUEUE)).toEqual({ messages: 0, settled: 3 });
  expect(lines.filter((line) => /dead letters/.test(line))).toEqual([
    'a message is put into the dead letters: the peer gives it back each time',
  ]);
  await controller.stop();
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
