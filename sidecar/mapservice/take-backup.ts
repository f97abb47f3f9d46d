import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemErrorCode } from '../config/error-code';
import { writeFileAtomic } from '../lib/atomic-file';
import type { Clock } from '../lib/clock';
import { messageOf } from '../lib/errors';
import type { Logger } from '../lib/log';
import { openAuditLog } from './audit-log';
import { BackupError } from './backup-error';
import type { OperatorAccess } from './map-service-config';
import { fetchFromOperator } from './operator-client';
import { readBackup, sealJournal, type Backup } from './read-backup';
import { stateFiles } from './state-files';
import { lockState } from './state-lock';

export interface BackupContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** A service's whole state as it is safe on the disk at one moment. */
export interface TakenBackup {
  /** As it is written into a file. */
  readonly bytes: Buffer;
  readonly content: Backup;
  readonly wasRunning: boolean;
}

/**
 * Takes a backup of a service, by its operator's entrance or, while none runs, of its state folder, and reads it.
 * Rejects with BackupError, OperatorError or StoreError STORE_LOCKED.
 */
export async function takeBackup(access: OperatorAccess, context: BackupContext): Promise<TakenBackup> {
  const { operator } = access;
  const fetched = operator && (await fetchFromOperator(operator, 'backup', context.signal));
  const bytes = fetched ?? (await backupAtRest(access.state, context));
  return { bytes, content: readBackup(bytes, 'what was copied'), wasRunning: fetched !== undefined };
}

/**
 * Writes a backup, whole or not at all, and reads it again.
 * @throws BackupError BACKUP_EXISTS or BACKUP_FILE (as a rejection)
 */
export async function writeBackup(path: string, { bytes }: TakenBackup, mayReplace: boolean): Promise<string> {
  const file = resolve(path);
  await checkFree(file, mayReplace);
  await onDisk(file, async () => {
    await writeFileAtomic(file, bytes, { mode: 0o600 });
    if (!(await readFile(file)).equals(bytes)) throw new Error('the disk gives back something else');
  });
  return file;
}

/** @throws BackupError BACKUP_EXISTS (as a rejection) */
export async function checkFree(file: string, mayReplace: boolean): Promise<void> {
  if (mayReplace || !(await exists(file))) return;
  throw new BackupError('BACKUP_EXISTS', `${file} is there already`, 'name another file, or replace it with --force');
}

async function backupAtRest(state: string, { clock, log }: BackupContext): Promise<Buffer> {
  const files = stateFiles(state);
  if (!(await exists(files.journal))) {
    const message = `there is no state of a map service in ${state}`;
    throw new BackupError('BACKUP_FILE', message, 'name the configuration of a service that has run');
  }
  const unlock = await lockState(files.lock);
  try {
    const bytes = sealJournal(await onDisk(files.journal, () => readFile(files.journal)), files.journal);
    const audit = await openAuditLog(files.audit, () => clock.now(), log);
    audit.write({ action: 'backed-up' });
    await audit.close();
    return bytes;
  } finally {
    await unlock();
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return false;
    throw refused(file, cause);
  }
}

async function onDisk<Result>(file: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (cause) {
    throw refused(file, cause);
  }
}

function refused(file: string, cause: unknown): BackupError {
  const message = `${file} cannot be written or read: ${messageOf(cause)}`;
  return new BackupError('BACKUP_FILE', message, 'name a file that this user may use, with room for it', cause);
}
