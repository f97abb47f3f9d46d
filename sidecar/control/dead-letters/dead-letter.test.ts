import { message as codec } from 'rhea';
import type { Message } from 'rhea-promise';
import { KEPT_MS } from '../../plan/corda-addresses';
import { deadLetterOf, peerAt, timeInId } from './dead-letter';
import { slicesOf, type Cause, type Form, type Slice } from './slices';

const SETTINGS = { ownIds: ['DLMe'], maxMessageSize: 1_000_000 };
const DIED = 1_800_000_000_000;
const MOST = 10;

function slice(cause: Cause, form: Form): Slice {
  const found = slicesOf({ cause }, SETTINGS).find((one) => one.form === form);
  if (found === undefined) throw new Error(`no ${cause} ${form}`);
  return found;
}

const claims = {
  _AMQ_ORIG_ADDRESS: 'p2p.inbound.DLMe.from.DLCharlie',
  netmap_dead_sender: 'DLCharlie',
  netmap_dead_origin: 'p2p.inbound.DLMe.from.DLCharlie',
  netmap_dead_reason: 'slander',
  netmap_dead_attempts: 99,
};

function message(origin: string, queue: string | null, more: Partial<Message> = {}): Message {
  return {
    message_id: 'one',
    content_type: 'text/plain',
    absolute_expiry_time: new Date(DIED + KEPT_MS),
    message_annotations: {
      'x-opt-ORIG-ADDRESS': origin,
      'x-opt-ORIG-QUEUE': queue,
      'x-opt-ORIG-MESSAGE-ID': 214,
      'x-opt-ingress-time': 5,
    },
    application_properties: { _AMQ_DUPL_ID: 'dup', 'platform-topic': 'orders', mine: 'x', ...claims },
    body: codec.data_section(Buffer.from('hello')) as unknown,
    ...more,
  };
}

test('what the broker moved is told by its annotations, whatever the sender claims', () => {
  const dead = message('p2p.inbound.DLMe.from.DLBravo', 'p2p.inbound.DLMe');
  expect(deadLetterOf(dead, slice('attempts', 'amqp'), MOST)).toEqual({
    id: '214',
    queue: 'dead-letters',
    cause: 'attempts',
    direction: 'in',
    peer: 'DLBravo',
    diedAt: DIED,
    arrivedAt: 5,
    attempts: MOST,
    origin: 'p2p.inbound.DLMe.from.DLBravo',
    originQueue: 'p2p.inbound.DLMe',
    messageId: 'one',
    duplicateId: 'dup',
    topic: 'orders',
    contentType: 'text/plain',
    properties: { _AMQ_DUPL_ID: 'dup', 'platform-topic': 'orders', mine: 'x', ...claims },
    body: Buffer.from('hello'),
  });
});

test('what no queue took has no queue, and no attempts', () => {
  const letter = deadLetterOf(message('internal.peers.DLBravo', null), slice('unroutable', 'amqp'), MOST);
  expect(letter).toMatchObject({ direction: 'out', peer: 'DLBravo', cause: 'unroutable' });
  expect([letter.originQueue, letter.attempts]).toEqual([undefined, undefined]);
});

test('what came by STOMP is told by the properties that the broker has set', () => {
  const dead = message('', null, {
    message_annotations: {},
    application_properties: { _AMQ_ORIG_ADDRESS: 'rpc.server.from.alice', _AMQ_ORIG_MESSAGE_ID: 7 },
  });
  expect(deadLetterOf(dead, slice('too-large', 'core'), MOST)).toMatchObject({
    id: '7',
    direction: 'rpc',
    peer: 'alice',
    origin: 'rpc.server.from.alice',
  });
});

test("the library's copy is told by its properties, and shown as the message was", () => {
  const dead = message('', null, {
    message_annotations: {},
    application_properties: {
      mine: 'x',
      _AMQ_DUPL_ID: 'dead p2p.inbound.DLMe.from.DLBravo dup 5',
      netmap_dead_cause: 'rejected',
      netmap_dead_reason: 'no such order',
      netmap_dead_at: DIED - 1,
      netmap_dead_attempts: 3,
      netmap_dead_sender: 'DLBravo',
      netmap_dead_recipient: 'DLMe',
      netmap_dead_origin: 'p2p.inbound.DLMe.from.DLBravo',
      netmap_dead_duplicate_id: 'dup',
    },
  });
  const letter = deadLetterOf(dead, slice('rejected', 'library'), MOST);
  expect(letter).toMatchObject({
    cause: 'rejected',
    reason: 'no such order',
    direction: 'in',
    peer: 'DLBravo',
    attempts: 3,
    originQueue: 'p2p.inbound.DLMe',
    duplicateId: 'dup',
    properties: { mine: 'x', _AMQ_DUPL_ID: 'dup' },
  });
  expect(timeInId(letter.id)).toBe(DIED - 1);
});

test('a message of an unknown kind is shown, not refused', () => {
  const letter = deadLetterOf({ body: undefined }, slice('unknown', 'library'), MOST);
  expect(letter).toEqual({
    id: expect.stringMatching(/^r0-/) as string,
    queue: 'dead-letters',
    cause: 'unknown',
    direction: 'unknown',
    origin: '',
    properties: {},
    body: Buffer.alloc(0),
  });
});

test.each([
  ['p2p.inbound.DLMe.from.DLA', { direction: 'in', peer: 'DLA' }],
  ['p2p.inbound.DLMe.from.DLA::p2p.inbound.DLMe', { direction: 'in', peer: 'DLA' }],
  ['internal.peers.DLA', { direction: 'out', peer: 'DLA' }],
  ['internal.services.DLS', { direction: 'out', peer: 'DLS' }],
  ['rpc.server.from.alice::rpc.server', { direction: 'rpc', peer: 'alice' }],
  ['activemq.notifications', { direction: 'unknown' }],
])('%s names %j', (address, whose) => {
  expect(peerAt(address)).toEqual(whose);
});

test('only ids of the library hold a time', () => {
  expect(['214', 'r5-abcdef01', 'r5-xyz', "r5-abcdef01' OR 1=1"].map(timeInId)).toEqual([
    undefined,
    5,
    undefined,
    undefined,
  ]);
});
