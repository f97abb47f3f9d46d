import { NetmapError } from '../lib/errors';

/**
 * Why the service's state cannot be kept or read:
 * - STORE_LOCKED: another service works in the same folder
 * - STORE_DAMAGED: something other than the end of the journal is not what was written
 * - STORE_FORMAT: the file is not a journal, or that of a later version
 * - STORE_FAILED: the disk refuses
 */
export type StoreErrorCode = 'STORE_LOCKED' | 'STORE_DAMAGED' | 'STORE_FORMAT' | 'STORE_FAILED';

export class StoreError extends NetmapError<StoreErrorCode> {
  constructor(code: StoreErrorCode, message: string, remedy: string, cause?: unknown) {
    super(code, message, { remedy, decision: 'alarm', cause });
  }
}
