import { AccessError } from '../../broker/amqp/access-error';
import { messageOf } from '../../lib/errors';
import { MessagingError } from '../messaging-error';

export function aborted(signal: AbortSignal): MessagingError {
  return new MessagingError('ABORTED', 'given up by the caller', { cause: signal.reason });
}

export function closed(): MessagingError {
  return new MessagingError('CLOSED', 'the messaging of this application is closed', { remedy: 'open it anew' });
}

export function refusedToSend(address: string, cause: unknown): MessagingError {
  return new MessagingError('SEND_REFUSED', `the broker does not take it at ${address}: ${messageOf(cause)}`, {
    remedy: 'see whether the broker is as the map says: netmap status, netmap plan',
    cause,
  });
}

export function refusedToRead(queueOf: string, cause: unknown): MessagingError {
  return new MessagingError('RECEIVE_REFUSED', `the broker does not let us read for ${queueOf}: ${messageOf(cause)}`, {
    remedy: 'see whether the broker is as the map says: netmap status, netmap plan',
    cause,
  });
}

/** Whether the broker itself has refused, so that asking again soon is of no use. */
export function isRefusal(error: unknown): boolean {
  return error instanceof AccessError && error.code === 'ACCESS_REFUSED';
}
