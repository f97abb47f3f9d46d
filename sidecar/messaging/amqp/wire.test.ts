import { message as codec, types } from 'rhea';
import type { Message } from 'rhea-promise';
import type { WireMessage } from '../transport';
import { fromAmqp, toAmqp } from './wire';

/** Through the bytes and back. */
function there(message: Message): Message {
  return codec.decode(codec.encode(message)) as unknown as Message;
}

const full: WireMessage = {
  id: 'id',
  correlationId: 'cid',
  contentType: 'text/plain',
  contentEncoding: 'gzip',
  ttl: 1000,
  createdAt: 1_700_000_000_000,
  properties: { text: 'ä', number: 7, yes: true },
  body: Buffer.from([0, 255]),
};
const nothing = { contentType: undefined, contentEncoding: undefined, ttl: undefined, createdAt: undefined };

test('everything that is said arrives', () => {
  expect(fromAmqp(there(toAmqp(full)))).toEqual({ ...full, to: '', deliveryCount: 0, ingressTime: undefined });
});

test('what is not said is not there', () => {
  const message = { ...full, ...nothing, id: undefined, correlationId: undefined, body: Buffer.alloc(0) };
  expect(fromAmqp(there(toAmqp(message)))).toMatchObject(message);
});

test('messages are durable, and their body is one Data section', () => {
  const sent = there(toAmqp(full)) as unknown as { durable: boolean; body: { typecode: number; multiple?: boolean } };
  expect([sent.durable, sent.body.typecode, sent.body.multiple]).toEqual([true, 0x75, undefined]);
});

test.each<[string, unknown, string]>([
  ['Data in parts', codec.data_sections([Buffer.from('a'), Buffer.from('b')]), 'ab'],
  ['bytes as a value', Buffer.from('bytes'), 'bytes'],
  ['a text', 'grün', 'grün'],
  ['nothing', null, ''],
  ['a map', { a: 1 }, '{"a":1}'],
  ['a list', codec.sequence_section([1, 'x']), '[1,"x"]'],
])('bodies of other makes: %s', (_, body, text) => {
  expect(fromAmqp(there({ body })).body.toString()).toBe(text);
});

test.each<[string, unknown, string]>([
  ['a number', types.wrap_ulong(7), '7'],
  ['bytes', types.wrap_binary(Buffer.from([1, 171])), '01ab'],
])('an id may be %s', (_, id, text) => {
  expect(fromAmqp(there({ message_id: id as string, body: 'x' })).id).toBe(text);
});

test('the broker says where and when it came in, and how often it was tried', () => {
  const message: Message = {
    to: 'p2p.inbound.DLa.from.DLb',
    delivery_count: 2,
    message_annotations: { 'x-opt-ingress-time': 1_700_000_000_000 },
    body: 'x',
  };
  expect(fromAmqp(there(message))).toMatchObject({
    to: 'p2p.inbound.DLa.from.DLb',
    deliveryCount: 2,
    ingressTime: 1_700_000_000_000,
  });
});
