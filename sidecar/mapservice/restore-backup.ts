import { constants } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Certificate } from '../certificates/certificate';
import { systemErrorCode } from '../config/error-code';
import { writeFileAtomic } from '../lib/atomic-file';
import type { Clock } from '../lib/clock';
import { messageOf, NetmapError } from '../lib/errors';
import { silentLogger, type Logger } from '../lib/log';
import { noAuditLog, openAuditLog } from './audit-log';
import { BackupError } from './backup-error';
import { toStored } from './entry';
import type { MapServiceConfig } from './map-service-config';
import { MapService } from './map-service';
import { readBackup, type Backup } from './read-backup';
import type { RegistryEvent } from './registry-event';
import { serviceOptions } from './service-options';
import { stateFiles } from './state-files';
import { lockState } from './state-lock';
import { readSubmission } from './submission';

export interface RestoreContext {
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether a plain copy of a journal is taken, too. */
  readonly isPlain: boolean;
}

export interface Restored {
  readonly nodes: number;
  /** Of the journal. */
  readonly bytes: number;
  /** Bytes at the end of a plain copy that were no whole record. */
  readonly cutBytes: number;
  /** Where the journal is that was there before, if there was one. */
  readonly previous: string | undefined;
}

/**
 * Puts a backup in the place of a service's state, when all of it is in order, its NodeInfos are such as the service
 * takes, and the service would start with it and these settings; else nothing has changed. Rejects with BackupError,
 * StoreError (STORE_LOCKED while a service runs), ParametersPlanError or NetworkMapError.
 */
export async function restoreBackup(
  file: string,
  config: MapServiceConfig,
  { clock, log, isPlain }: RestoreContext,
): Promise<Restored> {
  const backup = readBackup(await contentOf(file), file, isPlain);
  const files = stateFiles(config.state);
  await mkdir(config.state, { recursive: true, mode: 0o700 });
  const unlock = await lockState(files.lock);
  try {
    await checkNodeInfos(backup.events, config.roots, file);
    await rehearse(backup, config, clock);
    const previous = await keepPrevious(files.journal, clock.now());
    await writeFileAtomic(files.journal, backup.journal, { mode: 0o600 });
    const nodes = backup.registry.size;
    const audit = await openAuditLog(files.audit, () => clock.now(), log);
    audit.write({ action: 'restored', nodes, hash: backup.sha256, reason: file });
    await audit.close();
    return { nodes, bytes: backup.journal.length, cutBytes: backup.cutBytes, previous };
  } finally {
    await unlock();
  }
}

async function contentOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const message = `the backup ${file} cannot be read: ${messageOf(cause)}`;
    throw new BackupError('BACKUP_FILE', message, 'name a file that this user may read', cause);
  }
}

/** Each as it was when it was taken: certificates that have expired since do no harm. */
async function checkNodeInfos(
  events: readonly RegistryEvent[],
  roots: readonly Certificate[],
  file: string,
): Promise<void> {
  for (const event of events) {
    if (event.kind !== 'published') continue;
    const [name] = event.entry.identities;
    const reason = await doubtOf(event, roots);
    if (reason === undefined) continue;
    const message = `${file} holds a NodeInfo of ${name?.name ?? event.entry.node} that is refused: ${reason}`;
    throw new BackupError(
      'BACKUP_FOREIGN',
      message,
      'take a backup of this network, or name the configuration of its own',
    );
  }
}

async function doubtOf(
  { entry, at }: Extract<RegistryEvent, { kind: 'published' }>,
  roots: readonly Certificate[],
): Promise<string | undefined> {
  try {
    const read = await readSubmission(Buffer.from(entry.bytes, 'base64'), { roots, at });
    return isDeepStrictEqual(toStored(read), entry) ? undefined : 'what is kept of it is not what it says';
  } catch (cause) {
    if (!(cause instanceof NetmapError)) throw cause;
    return cause.message;
  }
}

/** Starts a service with a copy, and ends it. */
async function rehearse({ journal }: Backup, config: MapServiceConfig, clock: Clock): Promise<void> {
  const folder = await mkdtemp(join(config.state, '.restore-'));
  try {
    const file = stateFiles(folder).journal;
    await writeFileAtomic(file, journal, { mode: 0o600 });
    const options = serviceOptions(config, { clock, log: silentLogger, audit: noAuditLog });
    const service = await MapService.open({ ...options, journal: file });
    await service.stop();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function keepPrevious(journal: string, now: number): Promise<string | undefined> {
  const base = `${journal}.before-${new Date(now).toISOString().replaceAll(':', '-')}`;
  for (let turn = 1; ; turn += 1) {
    const previous = turn === 1 ? base : `${base}-${turn}`;
    try {
      await copyFile(journal, previous, constants.COPYFILE_EXCL);
      return previous;
    } catch (cause) {
      if (systemErrorCode(cause) === 'ENOENT') return undefined;
      if (systemErrorCode(cause) === 'EEXIST') continue;
      const message = `the state that is there cannot be kept as ${previous}: ${messageOf(cause)}`;
      throw new BackupError('BACKUP_FILE', message, 'make room, or let this user use the folder', cause);
    }
  }
}
