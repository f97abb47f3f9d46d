import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file';
import { MessagingError } from '../messaging-error';
import { Segment, type Piece } from './segment';
import type { StreamEnd } from './stream-headers';

/** What became of a stream. It is remembered for when its announcement comes again. */
export type Outcome = { readonly how: 'done' } | { readonly how: 'failed'; readonly reason: string };

interface Place {
  readonly segment: Segment;
  readonly piece: Piece;
}

interface Waiting {
  readonly number: number;
  readonly bytes: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const SEGMENT = '.part';
const OUTCOME = 'outcome.json';
/** The end of the stream is stored as a piece of this number. */
const END = 0xffffffff;

/**
 * What is here of one stream, in a folder of its own. Each reader appends to a file of his own: one that has lost the stream
 * to another, and does not know it yet, breaks nothing.
 */
export class SpooledStream {
  end: StreamEnd | undefined;
  /** Bytes of all parts that are here. */
  length = 0;
  private readonly places = new Map<number, Place>();
  private readonly segments: Segment[] = [];
  private own: Segment | undefined;
  private waiting: Waiting[] = [];
  private flushing: Promise<void> | undefined;
  private isClosed = false;

  private constructor(private readonly folder: string) {}

  /** Reads what is there. Throws what the file system throws. */
  static async open(folder: string): Promise<SpooledStream> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const spooled = new SpooledStream(folder);
    for (const name of (await readdir(folder)).filter((each) => each.endsWith(SEGMENT)).sort()) {
      const { segment, pieces } = await Segment.read(join(folder, name));
      spooled.segments.push(segment);
      for (const piece of pieces) {
        if (piece.number === END) spooled.end ??= JSON.parse((await segment.bytesOf(piece)).toString()) as StreamEnd;
        else spooled.place(piece, segment);
      }
    }
    return spooled;
  }

  get parts(): number {
    return this.places.size;
  }

  get isComplete(): boolean {
    return this.end !== undefined && this.parts >= this.end.parts;
  }

  has(number: number): boolean {
    return this.places.has(number);
  }

  /** Resolves when the disk has it; a second one of the same number is dropped. Rejects with what the file system says. */
  async put(number: number, bytes: Buffer): Promise<void> {
    if (!this.has(number)) await this.append(number, bytes);
  }

  /** As `put`. */
  async putEnd(end: StreamEnd): Promise<void> {
    if (this.end !== undefined) return;
    await this.append(END, Buffer.from(JSON.stringify(end)));
    this.end ??= end;
  }

  /** Of all parts in their order, in hex. */
  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    for await (const bytes of this.read()) hash.update(bytes);
    return hash.digest('hex');
  }

  async *read(): AsyncGenerator<Buffer, void, void> {
    for (let number = 0; number < this.parts; number += 1) {
      const place = this.places.get(number);
      if (place === undefined || this.isClosed) throw gone();
      yield await place.segment.bytesOf(place.piece);
    }
  }

  async outcome(): Promise<Outcome | undefined> {
    try {
      return JSON.parse(await readFile(join(this.folder, OUTCOME), 'utf8')) as Outcome;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Remembers it, and removes the bytes. */
  async settle(outcome: Outcome): Promise<void> {
    await writeFileAtomic(join(this.folder, OUTCOME), JSON.stringify(outcome), { mode: 0o600 });
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(SEGMENT));
    await Promise.all(names.map((name) => rm(join(this.folder, name), { force: true })));
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.flushing;
    await Promise.all(this.segments.map((segment) => segment.close()));
  }

  private append(number: number, bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ number, bytes, resolve, reject });
      this.flushing ??= this.flush().finally(() => (this.flushing = undefined));
    });
  }

  /** What comes while the disk is at work goes to it together. */
  private async flush(): Promise<void> {
    for (let batch = this.waiting.splice(0); batch.length > 0; batch = this.waiting.splice(0)) {
      try {
        if (this.isClosed) throw gone();
        const segment = await this.ownSegment();
        const pieces = await segment.append(batch);
        for (const piece of pieces) if (piece.number !== END) this.place(piece, segment);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error as Error);
      }
    }
  }

  private async ownSegment(): Promise<Segment> {
    if (this.own !== undefined) return this.own;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const own = await Segment.create(join(this.folder, `${randomUUID()}${SEGMENT}`));
    this.segments.push(own);
    for (const folder of [this.folder, dirname(this.folder)]) await syncFolder(folder);
    this.own = own;
    return own;
  }

  private place(piece: Piece, segment: Segment): void {
    if (this.places.has(piece.number)) return;
    this.places.set(piece.number, { piece, segment });
    this.length += piece.length;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function gone(): MessagingError {
  return new MessagingError('MESSAGE_SETTLED', 'the stream was settled, its bytes are gone', {
    remedy: 'read it before its handler returns',
  });
}
