import { NetmapError } from '../../lib/errors';

/**
 * - MAP_CACHE_DAMAGED: the network map kept on disk cannot be used, nor can the one before it
 * - MAP_CACHE_FELL_BACK: the newest map kept on disk cannot be used; the one before it is
 * - MAP_CACHE_MISSING: peers were known before, but no network map is there to start from
 * - MAP_CACHE_UNWRITABLE: a new map cannot be kept, and so is not taken
 */
export type MapCacheErrorCode =
  'MAP_CACHE_DAMAGED' | 'MAP_CACHE_FELL_BACK' | 'MAP_CACHE_MISSING' | 'MAP_CACHE_UNWRITABLE';

export class MapCacheError extends NetmapError<MapCacheErrorCode> {}
