import type { NetworkParametersDocument } from '../../network-map/network-parameters';

/** What is known of the network map service and its map; times are milliseconds since the epoch. */
export interface NetworkMapStatus {
  readonly url: string;
  /** The last time that the service answered with a map that is in order. */
  readonly lastAnswerAt?: number;
  readonly nextPollAt?: number;
  /** Since when no map could be had that is in order; absent when all is well, or a map waits for the operator. */
  readonly failingSince?: number;
  /** Why not, as of the last attempt; absent where `failingSince` is. */
  readonly failure?: MapFailure;
  /** Polls since the last good one; those whose map waits for the operator count. */
  readonly failures: number;
  /** Peers of the map that is live, this node included. */
  readonly peers: number;
  /** Entries that have left because nobody vouched for them in time. */
  readonly stale: number;
  readonly parameters?: KnownParameters;
  readonly update?: AnnouncedUpdate;
  /** Hash of network parameters that the newest map asks for and that are not accepted. */
  readonly unaccepted?: string;
  /** A map that waits for the operator. */
  readonly held?: HeldMap;
}

/** The service was not reached, said no, or gave what cannot be used. */
export interface MapFailure {
  readonly code: string;
  readonly message: string;
}

export interface KnownParameters {
  readonly hash: string;
  readonly document: NetworkParametersDocument;
}

/** Network parameters that are to be in force later. */
export interface AnnouncedUpdate {
  readonly hash: string;
  readonly description: string;
  readonly deadline: number;
  readonly isAccepted: boolean;
  /** The service knows that they are accepted. */
  readonly isAcknowledged: boolean;
  /** Why it does not know yet. */
  readonly problem?: string;
  /** Undefined until they could be had. */
  readonly document?: NetworkParametersDocument;
}

export interface HeldMap {
  readonly reason: string;
  /** What `netmap map accept` agrees to. */
  readonly digest: string;
  readonly since: number;
  /** Ids of the peers that would leave, ascending. */
  readonly lost: readonly string[];
}
