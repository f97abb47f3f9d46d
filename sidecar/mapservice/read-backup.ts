import { createHash } from 'node:crypto';
import { JsonFormError } from '../network-map/json-form';
import { BackupError } from './backup-error';
import { endLine, isEndMark } from './journal-end';
import { isJournalHeader, readJournalLines, type JournalLines } from './journal-lines';
import { Registry } from './registry';
import { checkEvent, type RegistryEvent } from './registry-event';
import { StoreError } from './store-error';

export interface Backup {
  /** What to put in a journal's place. */
  readonly journal: Buffer;
  readonly events: readonly RegistryEvent[];
  /** The state that they lead to. */
  readonly registry: Registry;
  /** Of `journal`, lower-case hex. */
  readonly sha256: string;
  /** Bytes of a record that was being written when a plain copy was taken. */
  readonly cutBytes: number;
}

const OTHER = 'take another backup';

/**
 * Reads a backup, and checks that nothing is missing and nothing changed. A plain copy of a journal, taken by hand, has
 * no end mark: what it may lack at its end cannot be known, and it is read only when `isPlain` allows it.
 * @throws BackupError BACKUP_CUT, BACKUP_DAMAGED or BACKUP_FORMAT; `what` names the backup in it
 */
export function readBackup(bytes: Buffer, what: string, isPlain = false): Backup {
  const { values, goodBytes } = linesOf(bytes, what);
  const [header, ...appends] = values;
  if (!isJournalHeader(header)) {
    throw new BackupError('BACKUP_FORMAT', `${what} is no backup of a map service, or one of a later version`, OTHER);
  }
  const mark = appends.at(-1);
  if (!isEndMark(mark)) {
    if (!isPlain) throw endless(what);
    return backupOf(bytes.subarray(0, goodBytes), appends, bytes.length - goodBytes, what);
  }
  if (goodBytes < bytes.length) throw damaged(what, 'there is something behind its end mark');
  const backup = backupOf(bytes.subarray(0, mark.end.bytes), appends, 0, what);
  if (backup.sha256 !== mark.end.sha256) throw damaged(what, 'its SHA-256 is not the one that its end mark says');
  return backup;
}

/**
 * Makes a backup of a journal that nobody writes to. A record that was cut off by a crash is left out.
 * @throws BackupError BACKUP_DAMAGED or BACKUP_FORMAT
 */
export function sealJournal(bytes: Buffer, file: string): Buffer {
  const { journal, sha256 } = readBackup(bytes, file, true);
  return Buffer.concat([journal, endLine({ bytes: journal.length, sha256 }, linesOf(journal, file).checksum)]);
}

function linesOf(bytes: Buffer, what: string): JournalLines {
  try {
    return readJournalLines(bytes, what);
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw damaged(what, cause.message, cause);
  }
}

function backupOf(journal: Buffer, appends: readonly unknown[], cutBytes: number, what: string): Backup {
  const registry = new Registry();
  const events: RegistryEvent[] = [];
  try {
    for (const value of appends.filter((append) => !isEndMark(append)).flat()) {
      const event = checkEvent(value);
      registry.apply(event);
      events.push(event);
    }
  } catch (cause) {
    if (!(cause instanceof JsonFormError)) throw cause;
    throw new BackupError('BACKUP_FORMAT', `${what} holds what no map service keeps: ${cause.message}`, OTHER, cause);
  }
  return { journal, events, registry, sha256: createHash('sha256').update(journal).digest('hex'), cutBytes };
}

function endless(what: string): BackupError {
  const remedy = 'take another backup; a plain copy of a journal, as far as it goes, is taken with --plain';
  return new BackupError('BACKUP_CUT', `${what} does not end with an end mark: something may be missing`, remedy);
}

function damaged(what: string, reason: string, cause?: unknown): BackupError {
  return new BackupError('BACKUP_DAMAGED', `the backup ${what} is damaged: ${reason}`, OTHER, cause);
}
