import { ConfigError } from '../config/config-error';
import { NetmapError } from '../lib/errors';
import { MessagingError } from '../messaging/messaging-error';
import { EXIT, exitCodeOf } from './exit-codes';

class SampleError extends NetmapError {}

test.each([
  [ConfigError.because('CONFIG_MISSING', 'a', 'b'), EXIT.usage],
  [new MessagingError('RECIPIENT_UNKNOWN', 'a'), EXIT.usage],
  [new MessagingError('SEND_REFUSED', 'a'), EXIT.failed],
  [new SampleError('MANAGEMENT_UNREACHABLE', 'a'), EXIT.unreachable],
  [new SampleError('BROKER_TOO_OLD', 'a'), EXIT.failed],
  [new Error('a'), EXIT.failed],
  ['text', EXIT.failed],
])('%s', (error, exit) => {
  expect(exitCodeOf(error)).toBe(exit);
});

test('each exit code means one thing', () => {
  expect(new Set(Object.values(EXIT)).size).toBe(Object.values(EXIT).length);
});
