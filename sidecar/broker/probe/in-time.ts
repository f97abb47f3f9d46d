import { AccessError } from '../amqp/access-error';
import { systemClock } from '../../lib/clock';

/** The promise's result, or AccessError ACCESS_TIMEOUT: client libraries leave some promises open for ever. */
export function inTime<Result>(promise: Promise<Result>, timeoutMs: number, what: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const cancel = systemClock.after(timeoutMs, () => {
      reject(new AccessError('ACCESS_TIMEOUT', `no answer within ${timeoutMs} ms: ${what}`, { decision: 'retry' }));
    });
    promise.then(resolve, reject).finally(cancel);
  });
}

/** The promise's result, or what `otherwise` says when there is none in time. */
export function orAfter<Result>(promise: Promise<Result>, ms: number, otherwise: () => Result): Promise<Result> {
  return new Promise((resolve, reject) => {
    const cancel = systemClock.after(ms, () => resolve(otherwise()));
    promise.then(resolve, reject).finally(cancel);
  });
}
