import { NetmapError } from '../lib/errors';

/**
 * Why a backup cannot be made, or is not taken:
 * - BACKUP_CUT: it ends before its end mark, or has none
 * - BACKUP_DAMAGED: something in it is not what was written
 * - BACKUP_FORMAT: it is no backup of a map service, or one of a later version
 * - BACKUP_FOREIGN: a NodeInfo in it is not one that this service would have taken
 * - BACKUP_EXISTS: a file of this name is there already
 * - BACKUP_FILE: the disk refuses
 */
export type BackupErrorCode =
  'BACKUP_CUT' | 'BACKUP_DAMAGED' | 'BACKUP_FORMAT' | 'BACKUP_FOREIGN' | 'BACKUP_EXISTS' | 'BACKUP_FILE';

/** The state of the service is as it was. */
export class BackupError extends NetmapError<BackupErrorCode> {
  constructor(code: BackupErrorCode, message: string, remedy: string, cause?: unknown) {
    super(code, message, { remedy, cause });
  }
}
