import { NetmapError } from '../../lib/errors';

/**
 * What goes wrong between this node and its network map service; nothing that was taken before changes.
 * - MAP_SERVICE_UNREACHABLE: no connection, or it broke before the answer was whole
 * - MAP_SERVICE_TIMEOUT: the service took too long to answer, or to go on with its answer
 * - MAP_SERVICE_STATUS: it answered with a status that says no
 * - MAP_SERVICE_ANSWER_TOO_LARGE: its answer is larger than any that is taken
 * - MAP_SERVICE_REDIRECT: it sent us to another host, or in circles
 * - MAP_SERVICE_ANSWER: its answer is of another kind than asked for, such as a page for people
 */
export type MapServiceErrorCode =
  | 'MAP_SERVICE_UNREACHABLE'
  | 'MAP_SERVICE_TIMEOUT'
  | 'MAP_SERVICE_STATUS'
  | 'MAP_SERVICE_ANSWER_TOO_LARGE'
  | 'MAP_SERVICE_REDIRECT'
  | 'MAP_SERVICE_ANSWER';

/** Trying again later may help: the service, or the way to it, is at fault. */
export class MapServiceError extends NetmapError<MapServiceErrorCode> {
  constructor(code: MapServiceErrorCode, message: string, cause?: unknown) {
    const remedy = 'look at the network map service and the way to it; the sidecar goes on trying by itself';
    super(code, message, { remedy, decision: 'retry', cause });
  }
}
