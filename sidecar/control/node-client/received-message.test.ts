import { message as codec } from 'rhea';
import type { Message } from 'rhea-promise';
import { receivedMessage } from './received-message';

/** Through the wire form and back. */
function received(message: Message) {
  return receivedMessage(codec.decode(codec.encode(message)) as unknown as Message);
}

test('the address names the sender, whatever else the message says', () => {
  const message = received({
    to: 'p2p.inbound.DLa.from.DLb',
    user_id: 'SystemUsers/Node',
    application_properties: { _AMQ_VALIDATED_USER: 'O=Party C' },
    body: 'x',
  });
  expect(message).toMatchObject({ senderId: 'DLb', address: 'p2p.inbound.DLa.from.DLb' });
  expect(message.properties).toEqual({ _AMQ_VALIDATED_USER: 'O=Party C' });
});

test('without such an address there is no sender', () => {
  expect(received({ body: 'x' })).toMatchObject({ senderId: undefined, address: '', at: undefined, properties: {} });
});

test('the time is the broker’s', () => {
  const message_annotations = { 'x-opt-ingress-time': 1_700_000_000_000 };
  expect(received({ body: 'x', message_annotations }).at).toBe(1_700_000_000_000);
});

test.each<[string, unknown, number[]]>([
  ['data', codec.data_section(Buffer.from([1, 2])), [1, 2]],
  ['data in parts', codec.data_sections([Buffer.from([1]), Buffer.from([2])]), [1, 2]],
  ['no data', codec.data_section(Buffer.alloc(0)), []],
  ['binary value', Buffer.from([7]), [7]],
  ['text', 'ä', [0xc3, 0xa4]],
  ['nothing', null, []],
  ['a map', { a: 1 }, [...Buffer.from('{"a":1}')]],
])('body: %s', (_, body, bytes) => {
  expect([...received({ body }).body]).toEqual(bytes);
});
