import { createHash } from 'node:crypto';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';
import { endLine, isEndMark } from './journal-end';
import { isJournalHeader, JOURNAL_HEADER, journalLine, readJournalLines } from './journal-lines';
import { StoreError } from './store-error';

/** What was read at the opening of a journal. */
export interface OpenedJournal<Event> {
  readonly journal: Journal<Event>;
  readonly events: Event[];
  /** Bytes of a record that was being written when the machine stopped; it had been confirmed to nobody. */
  readonly cutBytes: number;
}

const MODE = 0o600;
const CHUNK_BYTES = 1024 * 1024;

/**
 * Events on disk, in one file that only grows: a line for all events of one append, so that either all of them survive
 * a crash or none. A copy of the file, taken at any time, is a backup. Every method may throw StoreError.
 */
export class Journal<Event> {
  private constructor(
    readonly file: string,
    private handle: FileHandle,
    private length: number,
    private checksum: number,
  ) {}

  /** Opens or makes the journal. The events in it are ours: their form is not checked again. */
  static async open<Event>(file: string): Promise<OpenedJournal<Event>> {
    return failing(file, async () => {
      const bytes = await existing(file);
      if (bytes === undefined) return { journal: await Journal.create<Event>(file), events: [], cutBytes: 0 };
      const { values, goodBytes, checksum } = readJournalLines(bytes, file);
      const [header, ...appends] = values;
      if (!isJournalHeader(header)) throw foreign(file);
      const journal = new Journal<Event>(file, await open(file, 'r+'), goodBytes, checksum);
      if (goodBytes < bytes.length) await journal.cut();
      // A backup that was put in a journal's place has its end mark.
      const events = appends.flatMap((append) => (isEndMark(append) ? [] : (append as Event[])));
      return { journal, events, cutBytes: bytes.length - goodBytes };
    });
  }

  private static async create<Event>(file: string): Promise<Journal<Event>> {
    const { line, checksum } = journalLine(JOURNAL_HEADER, 0);
    await writeFileAtomic(file, line, { mode: MODE });
    return new Journal<Event>(file, await open(file, 'r+'), line.length, checksum);
  }

  get bytes(): number {
    return this.length;
  }

  /** Resolves when the events are safe on the disk; when it rejects, none of them is there. One call at a time. */
  async append(events: readonly Event[]): Promise<void> {
    const { line, checksum } = journalLine(events, this.checksum);
    try {
      await writeAll(this.handle, line, this.length);
      await this.handle.datasync();
    } catch (cause) {
      await this.cut().catch(() => undefined);
      throw failed(this.file, cause);
    }
    this.length += line.length;
    this.checksum = checksum;
  }

  /** Puts these events in the place of all before, so that the file becomes smaller. One call at a time. */
  async rewrite(events: readonly Event[]): Promise<void> {
    await failing(this.file, async () => {
      let next = journalLine(JOURNAL_HEADER, 0);
      const lines = [next.line];
      for (const event of events) {
        next = journalLine([event], next.checksum);
        lines.push(next.line);
      }
      const content = Buffer.concat(lines);
      await writeFileAtomic(this.file, content, { mode: MODE });
      const before = this.handle;
      this.handle = await open(this.file, 'r+');
      this.length = content.length;
      this.checksum = next.checksum;
      await before.close();
    });
  }

  /** All that is safe on the disk at this moment, with an end mark; at any time. */
  async copy(): Promise<Buffer> {
    for (;;) {
      const { handle, length, checksum } = this;
      try {
        return await sealedCopy(handle, length, checksum);
      } catch (cause) {
        // Written anew while it was read, the journal has another file.
        if (this.handle === handle) throw failed(this.file, cause);
      }
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private async cut(): Promise<void> {
    await this.handle.truncate(this.length);
    await this.handle.sync();
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

async function sealedCopy(handle: FileHandle, length: number, checksum: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const hash = createHash('sha256');
  // In pieces, so that others have their turns in between.
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(CHUNK_BYTES, length - done), done);
    if (bytesRead === 0) throw new Error(`the file ends at byte ${done} of ${length}`);
    hash.update(bytes.subarray(done, done + bytesRead));
    done += bytesRead;
  }
  return Buffer.concat([bytes, endLine({ bytes: length, sha256: hash.digest('hex') }, checksum)]);
}

async function existing(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function foreign(file: string): StoreError {
  const message = `${file} is not a journal of a map service, or that of a later version`;
  return new StoreError('STORE_FORMAT', message, 'name the folder of a map service, or put a backup in its place');
}

async function failing<Result>(file: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (cause) {
    throw cause instanceof StoreError ? cause : failed(file, cause);
  }
}

function failed(file: string, cause: unknown): StoreError {
  const message = `the journal ${file} cannot be written or read: ${messageOf(cause)}`;
  return new StoreError('STORE_FAILED', message, 'make room, or let this user use the folder; then try again', cause);
}
