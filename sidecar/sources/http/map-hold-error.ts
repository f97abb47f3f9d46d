import { NetmapError } from '../../lib/errors';

/**
 * Why a map that is in order is not taken, and the one before stays:
 * - MAP_SHRUNK: it has lost more peers at once than may leave without an operator's word
 * - MAP_OLDER: the service says that it was made before the one that was taken last
 * - MAP_TOO_MANY_PEERS: it has more peers than the limit
 * - PARAMETERS_NOT_ACCEPTED: it is by network parameters that the operator of this node has not accepted
 * - PARAMETERS_OLDER: its network parameters are older than those in force
 * Or why one of its peers is not taken:
 * - PEER_PLATFORM_VERSION: below the least that the network parameters ask for
 * - PEER_CERTIFICATE_TIME: one of its certificates is not valid at this time
 */
export type MapHoldErrorCode =
  | 'MAP_SHRUNK'
  | 'MAP_OLDER'
  | 'MAP_TOO_MANY_PEERS'
  | 'PARAMETERS_NOT_ACCEPTED'
  | 'PARAMETERS_OLDER'
  | 'PEER_PLATFORM_VERSION'
  | 'PEER_CERTIFICATE_TIME';

export class MapHoldError extends NetmapError<MapHoldErrorCode> {}

/** A map that waits for an operator: what `netmap map accept` agrees to is told by the digest. */
export class MapShrunkOrOlder extends MapHoldError {
  constructor(
    code: 'MAP_SHRUNK' | 'MAP_OLDER',
    message: string,
    readonly digest: string,
    /** Who would leave. */
    readonly lost: readonly string[] = [],
  ) {
    const remedy = 'see netmap map show; netmap map accept lets it go on, else it waits until the map is as before';
    super(code, message, { remedy, decision: 'alarm' });
  }
}

/** A map by network parameters that nobody has accepted for this node. */
export class ParametersNotAccepted extends MapHoldError {
  constructor(readonly hash: string) {
    super('PARAMETERS_NOT_ACCEPTED', `the network map is by network parameters ${hash}, which are not accepted`, {
      remedy: `see netmap parameters show; netmap parameters accept ${hash} takes them, until then no new map is taken`,
      decision: 'alarm',
    });
  }
}
