import { NetmapError } from '../lib/errors';

/**
 * - HTTP_LISTEN: status page, health and metrics cannot be served where they should be
 * - HTTP_PASSWORD: the operator's password is too short
 */
export class HttpError extends NetmapError<'HTTP_LISTEN' | 'HTTP_PASSWORD'> {}
