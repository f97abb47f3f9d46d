import { NetmapError } from '../../lib/errors';
import type { BridgePhase } from './bridge-state';

/** A bridge as `netmap status` shows it. Times are milliseconds since the epoch. */
export interface BridgeStatus {
  readonly peer: string;
  readonly name: string;
  readonly phase: BridgePhase;
  readonly since: number;
  readonly queued: number;
  readonly failures: number;
  readonly retryAt?: number;
  readonly cause?: { readonly code?: string; readonly message: string };
}

export function causeOf(cause: Error): NonNullable<BridgeStatus['cause']> {
  return cause instanceof NetmapError
    ? { code: String(cause.code), message: cause.message }
    : { message: cause.message };
}
