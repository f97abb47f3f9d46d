import type { BrokerState } from '../broker/broker';
import type { BridgeStatus } from '../broker/bridge/bridge-status';
import type { ChangeReport } from '../broker/reconcile/change';
import type { DeadLetterNumbers } from './backlog';
import type { NetworkMapView } from './network-map-view';

/** Something that did not go as it should, in the words shown to the operator. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly since: number;
}

/** What `netmap status` shows; times are milliseconds since the epoch. */
export interface NodeStatus {
  readonly node: { readonly name: string; readonly id: string };
  readonly pid: number;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly broker: {
    readonly kind: 'embedded' | 'attached';
    readonly state: BrokerState;
    readonly version?: string;
    /** Another broker has the same store: this one serves or waits for its turn. */
    readonly sharedStore?: true;
  };
  readonly map: {
    readonly revision: number;
    readonly peers: number;
    readonly parked: readonly (Problem & { readonly origin: string })[];
  };
  /** The network map service; absent where none is configured. */
  readonly networkMap?: NetworkMapView;
  /** The last change that went live, and how long that took from the map to the proof. */
  readonly live?: {
    readonly change: string;
    readonly at: number;
    readonly tookMs: number;
    readonly changes: readonly ChangeReport[];
  };
  /** Why the newest map is not live; absent when it is. */
  readonly held?: Problem;
  /** Differences from the plan that were found and repaired since the start. */
  readonly drift: {
    readonly repairs: number;
    readonly last?: { readonly at: number; readonly changes: readonly ChangeReport[] };
  };
  /** The RPC users that may log in; `held` says why their file as it is now is not taken. Absent where there is no file. */
  readonly rpcUsers?: { readonly count: number; readonly held?: Problem };
  /** Why the node's changed certificates are not in use; absent where they are. */
  readonly certificates?: { readonly held: Problem };
  readonly peers: readonly PeerStatus[];
  /** Messages that could not be delivered; absent before they were counted. */
  readonly deadLetters?: DeadLetterNumbers;
  /** Who has left the map and still has something at the broker; absent where nobody has. */
  readonly departed?: readonly DepartedStatus[];
}

export interface DepartedStatus {
  readonly id: string;
  /** Absent where it is not known any more. */
  readonly name?: string;
  readonly since: number;
  /** That wait for him, as they were counted last. */
  readonly messages?: number;
}

export interface PeerStatus extends Partial<BridgeStatus> {
  readonly id: string;
  readonly name: string;
  readonly addresses: readonly string[];
  /** In a Swaptacular network: how many queues carry messages to it. */
  readonly queues?: number;
  /** When the oldest message that waits for it came; absent where none waits, or it does not say. */
  readonly oldest?: number;
}
