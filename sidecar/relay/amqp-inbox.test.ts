import { message as codec } from 'rhea';
import type { Message } from 'rhea-promise';
import { relayMessageOf } from './amqp-inbox';

const received = (message: object): Message => codec.decode(codec.encode(message as Encoded)) as unknown as Message;
type Encoded = Parameters<typeof codec.encode>[0];

const body = Buffer.from('{}');

test('type and content type are those of AMQP, of STOMP, or a property', () => {
  const amqp = {
    message_id: 'a',
    subject: 'T',
    content_type: 'application/json',
    body: codec.data_section(body) as unknown,
  };
  expect(relayMessageOf(received(amqp))).toEqual({
    ...{ id: 'a', type: 'T', contentType: 'application/json', body },
  });
  const stomp = { subject: 'T', application_properties: { _AMQ_CONTENT_TYPE: 'application/json' }, body: '{}' };
  expect(relayMessageOf(received(stomp))).toEqual({ id: undefined, type: 'T', contentType: 'application/json', body });
  const replayed = { application_properties: { netmap_dead_at: 1_700_000_000_123 }, body };
  expect(relayMessageOf(received(replayed)).diedAt).toBe(1_700_000_000_123);
  const property = { message_id: 7, application_properties: { type: 'T' }, body };
  expect(relayMessageOf(received(property))).toMatchObject({ id: '7', type: 'T', contentType: undefined });
});

test.each<[string, unknown, string]>([
  ['several sections', codec.data_sections([Buffer.from('{'), Buffer.from('}')]), '{}'],
  ['a text', '{}', '{}'],
  ['a map', { a: 1 }, ''],
  ['a list', codec.sequence_section([1]), ''],
  ['nothing', null, ''],
])('a body of %s', (_, sent, text) => {
  expect(relayMessageOf(received({ body: sent })).body.toString()).toBe(text);
});
