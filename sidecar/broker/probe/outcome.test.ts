import { AccessError } from '../amqp/access-error';
import { refusalIn, refusalOf } from './outcome';

test.each([
  [
    "amqp:unauthorized-access: AMQ119017: not authorized to create producer, AMQ229032: User: x does not have permission='SEND'",
    'permission',
  ],
  [
    'amqp:internal-error: AMQ119001: error creating temporary queue, AMQ119016: not authorized to create temporary destination',
    'permission',
  ],
  ['AMQ339011 Error sending message CoreMessage[messageID=8748]', 'permission'],
  ['AMQ339016 Error creating subscription 5', 'permission'],
  ['amqp:not-found: AMQ119002: target address nothing does not exist', 'address'],
  ['AMQ339001 Destination does not exist nothing', 'address'],
  ['Security Error occurred: User name [x] or password is invalid', 'login'],
  ['amqp:link:transfer-limit-exceeded: Max transfers per delivery limit exceeded', 'size'],
])('%s is a refusal at: %s', (words, at) => {
  expect(refusalIn(words)).toEqual({ allowed: false, at, words });
});

test('other words are no refusal that is known', () => {
  expect(refusalIn('it was closed')).toBeUndefined();
});

test.each([
  ['ACCESS_LOGIN', 'login'],
  ['ACCESS_TLS', 'tls'],
] as const)('%s is a refusal at: %s', (code, at) => {
  expect(refusalOf(new AccessError(code, 'no'))).toEqual({ allowed: false, at, words: 'no' });
});

test.each(['ACCESS_UNREACHABLE', 'ACCESS_TIMEOUT', 'ACCESS_WRONG_PEER', 'ACCESS_REFUSED'] as const)(
  '%s says neither yes nor no',
  (code) => {
    const error = new AccessError(code, 'no');
    expect(() => refusalOf(error)).toThrow(error);
  },
);
