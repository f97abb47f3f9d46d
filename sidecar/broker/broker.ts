import type { BrokerOperations } from './operations';

/** Whether the broker is a child process of this one, or runs elsewhere. */
export type BrokerKind = 'embedded' | 'attached';

export type BrokerState = 'stopped' | 'starting' | 'ready' | 'lost' | 'waiting';

export type BrokerEvent =
  | { readonly type: 'starting' }
  /** Management answers. `afterMs`: since `starting` or since the loss. */
  | { readonly type: 'ready'; readonly version: string; readonly afterMs: number }
  /** Management stopped answering (attached), with the reason. */
  | { readonly type: 'lost'; readonly reason: string }
  /** The process ended; `expected` when it was told to. */
  | {
      readonly type: 'exited';
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      readonly expected: boolean;
    }
  | { readonly type: 'restarting'; readonly inMs: number }
  /** An attempt to start it again failed, and another follows; or who came back (attached) cannot be worked with. */
  | { readonly type: 'failed'; readonly error: Error };

/** A broker to configure: how it is run is hidden, that it may come and go is not. */
export interface Broker {
  readonly kind: BrokerKind;
  readonly state: BrokerState;
  readonly operations: BrokerOperations;
  /** Resolves when management answers; from then on the broker is watched. Throws BrokerError, ManagementError or the signal's reason. */
  start(signal?: AbortSignal): Promise<void>;
  /** Ends the watch, and the process when it is ours. Safe to repeat; never throws. */
  stop(): Promise<void>;
  /** Stops and starts the process and resolves when it is ready; BROKER_NOT_OURS when it is attached. */
  restart(): Promise<void>;
  /** Calls `listener` at each event from now on; the returned function ends that. */
  subscribe(listener: (event: BrokerEvent) => void): () => void;
}
