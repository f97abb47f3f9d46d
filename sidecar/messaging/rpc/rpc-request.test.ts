import type { WireDelivery } from '../transport';
import { readRequest } from './rpc-request';

const ALICES: WireDelivery = {
  id: '1',
  correlationId: undefined,
  replyTo: 'rpc.client.alice.7f',
  contentType: undefined,
  contentEncoding: undefined,
  ttl: 1000,
  createdAt: undefined,
  properties: { 'platform-topic': 'greet', trace: '7', _AMQ_VALIDATED_USER: 'bob', netmap_x: 1 },
  body: Buffer.from('x'),
  to: 'rpc.server.from.alice',
  deliveryCount: 1,
  ingressTime: 5,
};

test('the user is who the address names, whatever else is said', () => {
  expect(readRequest(ALICES)).toEqual({
    replyTo: 'rpc.client.alice.7f',
    request: {
      id: '1',
      user: 'alice',
      method: 'greet',
      body: Buffer.from('x'),
      contentType: undefined,
      contentEncoding: undefined,
      headers: { trace: '7' },
      attempt: 2,
      timeToLiveMs: 1000,
      arrivedAt: 5,
    },
  });
  const named = { ...ALICES, to: 'rpc.server.from.alice::rpc.server' };
  expect(readRequest(named)).toMatchObject({ request: { user: 'alice' } });
});

test.each([
  'rpc.client.bob.7f',
  'rpc.client.alice',
  'rpc.client.alice.',
  'rpc.client.alice.#',
  'rpc.client.alice.*',
  'rpc.client.alice.a.b',
  'rpc.client.alice.7f::rpc.client.bob.7f',
  'rpc.client.bob.7f::rpc.client.alice.7f',
  'rpc.client.alice2.7f',
  'rpc.client.Alice.7f',
  'xrpc.client.alice.7f',
  'rpc.client.alice.7f ',
  `rpc.client.alice.${'7'.repeat(201)}`,
  'p2p.inbound.alice.from.alice',
  'dead-letters',
  '',
  undefined,
])('a reply to %j is refused', (replyTo) => {
  expect(readRequest({ ...ALICES, replyTo })).toMatchObject({ code: 'MESSAGE_INVALID' });
});

test.each([
  '',
  'rpc.server',
  'rpc.server.from.',
  'rpc.server.from.#',
  'rpc.server.from.a.b',
  'p2p.inbound.x.from.alice',
])('what came in by %j names no user', (to) => {
  expect(readRequest({ ...ALICES, to })).toMatchObject({ message: expect.stringContaining('no user') as string });
});
