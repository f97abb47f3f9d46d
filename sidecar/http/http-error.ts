import { NetmapError } from '../lib/errors';

/** HTTP_LISTEN: health and metrics cannot be served where they should be. */
export class HttpError extends NetmapError<'HTTP_LISTEN'> {}
