/**
 * idle: not started, or stopped. connecting: a server of the peer is being tried. connected: messages flow when there are any.
 * waiting: the peer or the own broker could not be used; tried again at `retryAt`. stopping: the last receipts are awaited.
 */
export type RelayPhase = 'idle' | 'connecting' | 'connected' | 'waiting' | 'stopping';

/** A relay as `netmap status` shows it. Times are milliseconds since the epoch, numbers those since it was made. */
export interface RelayStatus {
  readonly peer: string;
  readonly phase: RelayPhase;
  readonly since: number;
  /** HOST:PORT of the server in use. */
  readonly server?: string;
  /** Messages here that are not sent yet; the rest of the queue is at the broker. */
  readonly waiting: number;
  /** Sent and not confirmed. */
  readonly inFlight: number;
  /** SEND frames, repeated ones too. */
  readonly sent: number;
  readonly confirmed: number;
  /**
   * The peer may have these twice: they were sent again without knowing whether it had taken them, or the own broker
   * was lost when it may not have known yet that the peer has them.
   */
  readonly doubledPossible: number;
  /** Messages that cannot be sent or that the peer refuses. */
  readonly setAside: number;
  /** In a row. */
  readonly failures: number;
  readonly retryAt?: number;
  readonly cause?: { readonly code?: string; readonly message: string };
}
