import { blamesMessage, isLasting } from './error-words';

test.each([
  'Invalid PrepareTransfer message.',
  'Unsupported content type: text/plain.',
  'Invalid message type: Foo.',
  'Invalid creditor ID: 0x0000010000000000.',
  'Invalid debtor ID: 0x1.',
  'Invalid coordinator type: x.',
  'Invalid coordinator ID.',
  'The message timestamp is 9000.5 seconds in the future.',
  'Invalid frame.',
  'Invalid header.',
  'The frame header is too big.',
  'Content-length is too large.',
  'The body is too large.',
  'UTF-8 decode error.',
])('a message is at fault: %s', (words) => {
  expect(blamesMessage(words)).toBe(true);
  expect(isLasting(words)).toBe(false);
});

test.each([
  'Internal server error.',
  'No data received for 45.000 seconds.',
  'Too many connections from one peer.',
  'The connection has been closed by the server.',
  'Received invalid heart-beat value.',
  'SEND command without a type header.',
  'AMQ339001: Destination does not exist: Invalid message type',
  '',
])('the connection is at fault: %s', (words) => {
  expect(blamesMessage(words)).toBe(false);
  expect(isLasting(words)).toBe(false);
});

test.each([
  'Unknown peer serial number.',
  'Invalid certificate subject.',
  'The peer has been deactivated.',
  'Invalid SEND destination "/x".',
  'STOMP 1.2 is not supported by the client.',
])('a person must act: %s', (words) => {
  expect(blamesMessage(words)).toBe(false);
  expect(isLasting(words)).toBe(true);
});
