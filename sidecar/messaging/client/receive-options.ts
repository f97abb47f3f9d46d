import { MessagingError } from '../messaging-error';
import type { ReceiveOptions } from '../received-message';

const MOST_WINDOW = 2000;

/** With the defaults filled in. Throws MessagingError RECEIVE_INVALID. */
export function checkedOptions(options: ReceiveOptions): ReceiveOptions & { window: number; concurrency: number } {
  const { window = 100, concurrency = 1, topic } = options;
  whole(window, MOST_WINDOW, 'window');
  whole(concurrency, MOST_WINDOW, 'concurrency');
  if (topic === '') throw new MessagingError('RECEIVE_INVALID', 'an empty topic', { remedy: 'leave it out for all' });
  return { ...options, window, concurrency };
}

function whole(value: number, most: number, what: string): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new MessagingError('RECEIVE_INVALID', `a ${what} of ${value}`, {
    remedy: `give a whole number from 1 to ${most}`,
  });
}
