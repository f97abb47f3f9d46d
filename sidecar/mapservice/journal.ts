import { open, readFile, type FileHandle } from 'node:fs/promises';
import { writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';
import { journalLine, readJournalLines } from './journal-lines';
import { StoreError } from './store-error';

/** What was read at the opening of a journal. */
export interface OpenedJournal<Event> {
  readonly journal: Journal<Event>;
  readonly events: Event[];
  /** Bytes of a record that was being written when the machine stopped; it had been confirmed to nobody. */
  readonly cutBytes: number;
}

const HEADER = { format: 'netmap-map-service', version: 1 };
const MODE = 0o600;

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
      if (JSON.stringify(header) !== JSON.stringify(HEADER)) throw foreign(file);
      const journal = new Journal<Event>(file, await open(file, 'r+'), goodBytes, checksum);
      if (goodBytes < bytes.length) await journal.cut();
      return { journal, events: appends.flatMap((events) => events as Event[]), cutBytes: bytes.length - goodBytes };
    });
  }

  private static async create<Event>(file: string): Promise<Journal<Event>> {
    const { line, checksum } = journalLine(HEADER, 0);
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
      let next = journalLine(HEADER, 0);
      const lines = [next.line];
      for (const event of events) {
        next = journalLine([event], next.checksum);
        lines.push(next.line);
      }
      const content = Buffer.concat(lines);
      await writeFileAtomic(this.file, content, { mode: MODE });
      const handle = await open(this.file, 'r+');
      await this.handle.close();
      this.handle = handle;
      this.length = content.length;
      this.checksum = next.checksum;
    });
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
