import { open, type FileHandle } from 'node:fs/promises';
import { messageOf } from '../lib/errors';
import type { Logger } from '../lib/log';

/** What the service did or refused to do; one line of JSON each, with the time in front. */
export interface AuditRecord {
  readonly action:
    | 'started'
    | 'published'
    | 'refreshed'
    | 'refused'
    | 'left'
    | 'banned'
    | 'unbanned'
    | 'acknowledged'
    | 'signed'
    | 'parameters'
    | 'update'
    | 'backed-up'
    | 'restored';
  /** Who asked, by address; absent where nobody did. */
  readonly address?: string;
  readonly name?: string;
  readonly hash?: string;
  readonly serial?: string;
  /** Of the refusal. */
  readonly code?: string;
  readonly reason?: string;
  readonly nodes?: number;
}

export interface AuditLog {
  /** Never throws: what cannot be written is told in the log. */
  write(record: AuditRecord): void;
  close(): Promise<void>;
}

/** Keeps nothing. */
export const noAuditLog: AuditLog = { write: () => undefined, close: () => Promise.resolve() };

/** Appends to a file. Rejects when it cannot be opened. */
export async function openAuditLog(file: string, now: () => number, log: Logger): Promise<AuditLog> {
  const handle = await open(file, 'a', 0o600);
  let waiting = '';
  let writing: Promise<void> | undefined;
  return {
    write(record) {
      waiting += `${JSON.stringify({ time: new Date(now()).toISOString(), ...record })}\n`;
      writing ??= drain(handle);
    },
    async close() {
      await writing;
      await handle.close();
    },
  };

  async function drain(to: FileHandle): Promise<void> {
    while (waiting !== '') {
      const text = waiting;
      waiting = '';
      await to.appendFile(text).catch((error: unknown) => {
        log.error('the audit log cannot be written', { file, error, reason: messageOf(error) });
      });
    }
    writing = undefined;
  }
}
