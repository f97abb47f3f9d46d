import { NetmapError } from '../../../lib/errors';

/**
 * - ROLLOVER_ROOT: what is given as a root is none, is not valid now, or is there already
 * - ROLLOVER_USE: the new certificates are not of the new root, or are those of another node
 * - ROLLOVER_NEEDED: the root to be dropped is still needed
 * - ROLLOVER_ARGUMENT: which root or file is meant cannot be told
 */
export type RolloverErrorCode = 'ROLLOVER_ROOT' | 'ROLLOVER_USE' | 'ROLLOVER_NEEDED' | 'ROLLOVER_ARGUMENT';

/** A step of a roll-over is refused; nothing was changed. */
export class RolloverError extends NetmapError<RolloverErrorCode> {}
