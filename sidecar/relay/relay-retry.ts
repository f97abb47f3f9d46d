import type { RetryLimits } from '../broker/bridge/bridge-entry';
import { Backoff } from '../lib/backoff';
import { StompRefusal } from './stomp-refusal';

/** How long to wait after failures: longer and longer, and longest where a person must do something first. */
export class RelayRetry {
  failures = 0;
  private readonly plain: Backoff;
  private readonly slow: Backoff;

  constructor({ minMs, maxMs, handshakeMinMs, handshakeMaxMs }: RetryLimits, random: () => number) {
    this.plain = new Backoff({ min: minMs, max: maxMs, random });
    this.slow = new Backoff({ min: handshakeMinMs, max: handshakeMaxMs, random });
  }

  /** Notes a failure; answers how many milliseconds to wait. */
  fail(cause: Error): number {
    this.failures += 1;
    return (isSlow(cause) ? this.slow : this.plain).next();
  }

  reset(): void {
    this.failures = 0;
    this.plain.reset();
    this.slow.reset();
  }
}

const SLOW: readonly string[] = ['ACCESS_TLS', 'ACCESS_WRONG_PEER', 'RELAY_PROTOCOL', 'RELAY_MESSAGE_REFUSED'];

function isSlow(cause: Error): boolean {
  return (cause instanceof StompRefusal && cause.isLasting) || SLOW.includes((cause as { code?: string }).code ?? '');
}
