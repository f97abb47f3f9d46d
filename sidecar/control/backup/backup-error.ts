import { NetmapError } from '../../lib/errors';

/**
 * Why a backup of a node cannot be made, or is not taken; nothing was changed:
 * - NODE_BACKUP_EXISTS: a file of this name is there already
 * - NODE_BACKUP_UNREADABLE: what belongs to it cannot be read, or changes all the time
 * - NODE_BACKUP_FORMAT: it is no backup of a node, or one of a later version
 * - NODE_BACKUP_DAMAGED: something in it is not what was written
 * - NODE_BACKUP_OVERWRITES: files that it would put back are there already, with other content
 * - NODE_BACKUP_WRITE: the disk refuses
 */
export type NodeBackupErrorCode =
  | 'NODE_BACKUP_EXISTS'
  | 'NODE_BACKUP_UNREADABLE'
  | 'NODE_BACKUP_FORMAT'
  | 'NODE_BACKUP_DAMAGED'
  | 'NODE_BACKUP_OVERWRITES'
  | 'NODE_BACKUP_WRITE';

export class NodeBackupError extends NetmapError<NodeBackupErrorCode> {
  constructor(code: NodeBackupErrorCode, message: string, remedy: string, cause?: unknown) {
    super(code, message, { remedy, cause });
  }
}
