import fc from 'fast-check';
import { message as codec } from 'rhea';
import type { WireMessage } from '../transport';
import { messageBytes } from './message-bytes';
import { toAmqp } from './wire';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('', 'x'.repeat(85), 'ü'.repeat(86)),
);
const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 200 });
const messages: fc.Arbitrary<WireMessage> = fc.record({
  id: fc.option(text, { nil: undefined }),
  correlationId: fc.option(text, { nil: undefined }),
  subject: fc.option(text, { nil: undefined }),
  replyTo: fc.option(text, { nil: undefined }),
  contentType: fc.option(ascii, { nil: undefined }),
  contentEncoding: fc.option(ascii, { nil: undefined }),
  ttl: fc.option(fc.integer({ min: 1, max: 4_294_967_295 }), { nil: undefined }),
  createdAt: fc.option(fc.integer({ min: -8e14, max: 8e14 }), { nil: undefined }),
  properties: fc.dictionary(text, fc.oneof(text, fc.boolean(), fc.integer()), { maxKeys: 5, noNullPrototype: true }),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

const decoded = (bytes: Buffer): unknown => JSON.parse(JSON.stringify(codec.decode(bytes)));

test('rhea reads what it would have written itself', () => {
  fc.assert(
    fc.property(messages, (message) => {
      expect(decoded(messageBytes(message))).toEqual(decoded(codec.encode(toAmqp(message))));
    }),
  );
});

test('what is larger than the room for headers is written as well', () => {
  const message: WireMessage = {
    ...{ id: 'i', correlationId: undefined, contentType: 'text/plain', contentEncoding: undefined },
    ...{ ttl: undefined, createdAt: 1_700_000_000_123 },
    properties: { long: 'x'.repeat(20_000), short: 'y' },
    body: Buffer.alloc(100_000, 'z'),
  };
  expect(decoded(messageBytes(message))).toEqual(decoded(codec.encode(toAmqp(message))));
});

test('bytes of one message are not those of the next', () => {
  const of = (id: string): Buffer =>
    messageBytes({
      ...{ id, correlationId: undefined, contentType: undefined, contentEncoding: undefined, ttl: 5 },
      ...{ createdAt: 1, properties: { id }, body: Buffer.from(id) },
    });
  const [first, second] = [of('first'), of('second')];
  expect(codec.decode(first)).toMatchObject({ message_id: 'first', application_properties: { id: 'first' } });
  expect(codec.decode(second)).toMatchObject({ message_id: 'second', application_properties: { id: 'second' } });
});
