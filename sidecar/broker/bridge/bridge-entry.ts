import { Backoff } from '../../lib/backoff';
import type { Bridge } from '../../plan/broker-plan';
import type { AccessError } from '../amqp/access-error';
import { causeOf, type BridgeStatus } from './bridge-status';
import type { BridgePhase, BridgeState, BridgeView } from './bridge-state';
import type { RefusedHeads } from './refused-heads';

export interface RetryLimits {
  readonly minMs: number;
  readonly maxMs: number;
  /** After TLS or name failures: such causes seldom pass by themselves. */
  readonly handshakeMinMs: number;
  readonly handshakeMaxMs: number;
}

/** What is known of one bridge while the sidecar runs. */
export class BridgeEntry {
  state: BridgeState;
  /** Why it waits, and how often in a row it failed. */
  cause: Error | undefined;
  failures = 0;
  queued = 0;
  /** What the log was told last. */
  told: { phase: BridgePhase; reason: string | undefined } = { phase: 'idle', reason: undefined };
  /** When it was last in use; the least recently used connections leave the broker's file first. */
  usedAt = 0;
  /** Made when the first messages wait. */
  heads: RefusedHeads | undefined;
  private shown: { readonly cause: Error | undefined; readonly status: BridgeStatus } | undefined;
  /** Made at the first failure: with thousands of peers nearly all never have one. */
  private plain: Backoff | undefined;
  private handshake: Backoff | undefined;

  constructor(
    readonly bridge: Bridge,
    now: number,
    private readonly limits: RetryLimits,
    private readonly random: () => number,
  ) {
    this.state = { phase: 'idle', since: now };
  }

  /** The same object as before while nothing in it has changed. */
  status(): BridgeStatus {
    const { bridge, state, queued, failures, cause } = this;
    const before = this.shown?.status;
    if (
      before === undefined ||
      this.shown?.cause !== cause ||
      before.phase !== state.phase ||
      before.since !== state.since ||
      before.retryAt !== state.retryAt ||
      before.queued !== queued ||
      before.failures !== failures
    ) {
      const status: BridgeStatus = {
        peer: bridge.peer,
        name: bridge.peerName,
        phase: state.phase,
        since: state.since,
        queued,
        failures,
        ...(state.retryAt === undefined ? {} : { retryAt: state.retryAt }),
        ...(cause === undefined ? {} : { cause: causeOf(cause) }),
      };
      this.shown = { cause, status };
      return status;
    }
    return before;
  }

  /** Enters a phase; answers whether it is another than before. */
  enter(phase: BridgePhase, now: number): boolean {
    if (this.state.phase === phase) return false;
    this.state = { phase, since: now };
    this.usedAt = now;
    return true;
  }

  /** Notes a failure and answers when to try again, milliseconds since the epoch. */
  fail(cause: Error, now: number): number {
    this.cause = cause;
    this.failures += 1;
    const retryAt = now + this.backoff(cause).next();
    // Only who was waiting already has a time to try again, and goes on waiting since then.
    this.state = { phase: 'waiting', since: this.state.retryAt === undefined ? now : this.state.since, retryAt };
    return retryAt;
  }

  /** The peer has taken messages: the next failure is a first one again. */
  succeed(): void {
    this.cause = undefined;
    this.failures = 0;
    this.plain?.reset();
    this.handshake?.reset();
  }

  private backoff(cause: Error): Backoff {
    const { limits, random } = this;
    if (isHandshake(cause)) {
      const [min, max] = [limits.handshakeMinMs, limits.handshakeMaxMs];
      return (this.handshake ??= new Backoff({ min, max, jitter: 'equal', random }));
    }
    return (this.plain ??= new Backoff({ min: limits.minMs, max: limits.maxMs, jitter: 'equal', random }));
  }
}

/** A refused login is not among them: a peer that has not got our NodeInfo yet refuses it, and will have it soon. */
const HANDSHAKE: readonly string[] = ['ACCESS_TLS', 'ACCESS_WRONG_PEER'];

function isHandshake(cause: Error): boolean {
  return HANDSHAKE.includes((cause as Partial<AccessError>).code ?? '');
}

/** The numbers of a bridge's queues and connection, added up. */
export function viewOf(
  bridge: Bridge,
  queues: ReadonlyMap<string, { messageCount: number; deliveringCount: number; messagesAcknowledged: number }>,
  links: ReadonlyMap<string, { started: boolean; connected: boolean }>,
): BridgeView {
  let queued = 0;
  let delivering = 0;
  let settled = 0;
  for (const { queue } of bridge.links) {
    const found = queues.get(queue);
    queued += found?.messageCount ?? 0;
    delivering += found?.deliveringCount ?? 0;
    settled += found?.messagesAcknowledged ?? 0;
  }
  return { queued, delivering, settled, link: links.get(bridge.name) };
}
