import { NetmapError } from '../../lib/errors';

/** DEAD_LETTER_UNKNOWN: there is none of that id. DEAD_LETTER_BUSY: another replay is at work at the same time. */
export class DeadLetterError extends NetmapError<'DEAD_LETTER_UNKNOWN' | 'DEAD_LETTER_BUSY'> {}
