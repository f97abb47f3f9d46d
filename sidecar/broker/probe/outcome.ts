import { messageOf } from '../../lib/errors';
import { AccessError } from '../amqp/access-error';

/** Which of the broker's checks refuses: in the order in which an access comes by them. */
export type RefusalPoint = 'tls' | 'protocol' | 'login' | 'permission' | 'address' | 'size';

/** How an access ended, as seen by whoever tried it. */
export interface Outcome {
  readonly allowed: boolean;
  /** '-' when allowed. */
  readonly at: RefusalPoint | '-';
  /** What the other side said. */
  readonly words: string;
}

export const ALLOWED: Outcome = { allowed: true, at: '-', words: 'accepted' };

export function refusedAt(at: RefusalPoint, words: string): Outcome {
  return { allowed: false, at, words };
}

/** Over STOMP the broker gives a send (AMQ339011) or subscription (AMQ339016) that it denies no reason. */
const PERMISSION = /permission|not authorized|unauthorized|not allowed|AMQ339011|AMQ339016/i;
const ADDRESS = /not-found|does not exist|no such|unknown (?:address|queue)/i;
const LOGIN = /unable to validate user|sasl|authenticat|password is invalid/i;
const SIZE = /max transfers|too large|too big|exceed/i;

/** What the broker's words mean once a client is logged in; undefined when they name none of its checks. */
export function refusalIn(words: string): Outcome | undefined {
  if (LOGIN.test(words)) return refusedAt('login', words);
  if (PERMISSION.test(words)) return refusedAt('permission', words);
  if (ADDRESS.test(words)) return refusedAt('address', words);
  if (SIZE.test(words)) return refusedAt('size', words);
  return undefined;
}

/**
 * The refusal that an error of connecting stands for. Throws the error itself where it is none: unreachable, no answer
 * in time, or another broker than expected.
 */
export function refusalOf(error: unknown): Outcome {
  if (!(error instanceof AccessError)) throw error;
  const words = error.cause === undefined ? error.message : messageOf(error.cause);
  if (error.code === 'ACCESS_LOGIN') return refusedAt('login', words);
  if (error.code === 'ACCESS_TLS') return refusedAt('tls', words);
  throw error;
}
