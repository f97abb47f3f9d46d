/**
 * idle: no connection and nothing to send. checking: the peer is being tried. starting: the broker connects.
 * connected: messages flow. waiting: the peer could not be used; tried again at `retryAt`.
 */
export type BridgePhase = 'idle' | 'checking' | 'starting' | 'connected' | 'waiting';

export interface BridgeTiming {
  /** A connection whose queues have been empty for so long is dropped. */
  readonly idleMs: number;
  /** Messages wait and none is settled for so long: the peer is tried beside the connection. */
  readonly stallMs: number;
  /** As above, though the peer takes the link: it is parked nevertheless. */
  readonly parkMs: number;
  /** Without a connection for so long after a start or a loss the peer is given up for now. */
  readonly connectMs: number;
}

export const DEFAULT_TIMING: Omit<BridgeTiming, 'idleMs'> = { stallMs: 400, parkMs: 10_000, connectMs: 5_000 };

/** What one look at the broker shows of a bridge. */
export interface BridgeView {
  /** Messages in its queues. */
  readonly queued: number;
  /** Messages on their way to the peer, not settled yet. */
  readonly delivering: number;
  /** Messages of its queues that were settled since the broker started; grows with each that the peer took. */
  readonly settled: number;
  /** What the broker says of the connection; undefined while it has none of that name. */
  readonly link: { readonly started: boolean; readonly connected: boolean } | undefined;
}

export interface BridgeState {
  readonly phase: BridgePhase;
  /** When the phase began, milliseconds since the epoch. */
  readonly since: number;
  readonly retryAt?: number;
  /** When `settled` last grew or the queues were empty. */
  readonly progressAt?: number;
  /** When its queues were last seen with messages. */
  readonly busyAt?: number;
  /** When the broker was last seen connected. */
  readonly linkedAt?: number;
  readonly settled?: number;
  /** The peer takes the link at this stall; it is not tried again before the next progress. */
  readonly cleared?: boolean;
}

/** What is to be done about a bridge now. */
export type BridgeStep = 'none' | 'check' | 'recheck' | 'stop' | 'drop-idle' | 'park-lost' | 'park-stalled';

/** The state after a look at the broker, and what follows from it. Pure: the caller carries the step out. */
export function observe(
  state: BridgeState,
  view: BridgeView,
  now: number,
  timing: BridgeTiming,
): [BridgeState, BridgeStep] {
  switch (state.phase) {
    case 'idle':
      // A stop that did not reach the broker, or a connection that outlived a loss of management.
      if (view.link?.started === true) return [connectedState(view, now), 'none'];
      return [state, view.queued > 0 ? 'check' : 'none'];
    case 'waiting':
      if (view.link?.started === true) return [state, 'stop'];
      return [state, now >= (state.retryAt ?? 0) ? (view.queued > 0 ? 'check' : 'drop-idle') : 'none'];
    case 'checking':
      return [state, 'none'];
    case 'starting':
      if (view.link?.connected === true) return observe(connectedState(view, now), view, now, timing);
      return [state, now - state.since >= timing.connectMs ? 'park-lost' : 'none'];
    case 'connected':
      return observeConnected(state, view, now, timing);
  }
}

export function connectedState(view: BridgeView, now: number): BridgeState {
  return { phase: 'connected', since: now, progressAt: now, busyAt: now, linkedAt: now, settled: view.settled };
}

function observeConnected(
  state: BridgeState,
  view: BridgeView,
  now: number,
  timing: BridgeTiming,
): [BridgeState, BridgeStep] {
  const progressed = view.queued === 0 || view.settled > (state.settled ?? 0);
  const next: BridgeState = {
    ...state,
    settled: Math.max(view.settled, state.settled ?? 0),
    ...(progressed ? { progressAt: now, cleared: false } : {}),
    ...(view.queued > 0 || view.settled > (state.settled ?? 0) ? { busyAt: now } : {}),
    ...(view.link?.connected === true ? { linkedAt: now } : {}),
  };
  if (now - (next.linkedAt ?? now) >= timing.connectMs) return [next, 'park-lost'];
  if (view.link?.connected !== true) return [next, 'none'];
  if (now - (next.busyAt ?? now) >= timing.idleMs) return [next, 'drop-idle'];
  const stalled = now - (next.progressAt ?? now);
  if (stalled >= timing.parkMs && view.delivering > 0) return [next, 'park-stalled'];
  if (stalled >= timing.stallMs && next.cleared !== true) return [next, 'recheck'];
  return [next, 'none'];
}

export function isRunning({ phase }: BridgeState): boolean {
  return phase === 'connected' || phase === 'starting';
}

/** Messages have gone to the peer since the last look; to be let in alone is not a success yet. */
export function tookMessages(before: BridgeState, view: BridgeView): boolean {
  return before.phase === 'connected' && (view.queued === 0 || view.settled > (before.settled ?? 0));
}
