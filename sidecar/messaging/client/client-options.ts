import type { BackoffOptions } from '../../lib/backoff';
import type { Clock } from '../../lib/clock';
import type { Directory } from '../directory';
import type { OpenConnection } from '../transport';

/** What is under way to one recipient and not confirmed by the own broker; more waits. */
export interface SendWindow {
  readonly messages: number;
  readonly bytes: number;
}

export interface ClientOptions {
  readonly directory: Directory;
  readonly open: OpenConnection;
  readonly clock: Clock;
  /** Never the same twice, and nobody can guess it. */
  readonly newId: () => string;
  /** Bytes that a body may have at most. */
  readonly maxMessageSize: () => number;
  readonly sendWindow?: Partial<SendWindow>;
  /** Waits before a lost connection is made again. */
  readonly reconnect?: Partial<BackoffOptions>;
}

export const SEND_WINDOW: SendWindow = { messages: 1000, bytes: 8_388_608 };
export const RECONNECT: BackoffOptions = { min: 200, max: 30_000, jitter: 'full' };
