import { NetmapError } from '../lib/errors';

/**
 * What is wrong with a folder of NodeInfos or a file in it:
 * - DIRECTORY_UNREADABLE: the folder cannot be listed; what was read before stays
 * - DIRECTORY_TOO_MANY_FILES: files beyond the limit are not read
 * - DIRECTORY_FILE_TOO_LARGE, DIRECTORY_FILE_UNREADABLE: one file is not read
 */
export type DirectoryErrorCode =
  'DIRECTORY_UNREADABLE' | 'DIRECTORY_TOO_MANY_FILES' | 'DIRECTORY_FILE_TOO_LARGE' | 'DIRECTORY_FILE_UNREADABLE';

export class DirectoryError extends NetmapError<DirectoryErrorCode> {}
