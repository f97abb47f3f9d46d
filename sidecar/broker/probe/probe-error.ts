import { NetmapError } from '../../lib/errors';

/**
 * - PROBE_LOST: a probe was accepted and never came
 * - PROBE_STAMP: a probe came with another sender than the one who sent it
 * - PROBE_REFUSED: what the plan grants is refused
 * - PROBE_ALLOWED: what the plan does not grant is possible
 * - PROBE_NO_ANSWER: the broker did not say yes or no in time
 */
export type ProbeErrorCode = 'PROBE_LOST' | 'PROBE_STAMP' | 'PROBE_REFUSED' | 'PROBE_ALLOWED' | 'PROBE_NO_ANSWER';

/** The broker, when used, does otherwise than the plan says. */
export class ProbeError extends NetmapError<ProbeErrorCode> {}
