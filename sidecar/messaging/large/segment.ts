import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** A piece of a stream in a file: its number, where its bytes are and how many. */
export interface Piece {
  readonly number: number;
  readonly offset: number;
  readonly length: number;
}

const MAGIC = 0x6e6d7331;
/** Magic, number, length, checksum of number and bytes: 32 bits each, big endian. */
const HEAD = 16;

/** A file to which one process appends pieces, each with a checksum, so that a torn end is told from what was stored. */
export class Segment {
  private constructor(
    private readonly file: FileHandle,
    private size: number,
  ) {}

  /** Throws where the file exists. */
  static async create(path: string): Promise<Segment> {
    return new Segment(await open(path, 'wx+', 0o600), 0);
  }

  static async read(path: string): Promise<{ segment: Segment; pieces: Piece[] }> {
    const file = await open(path, 'r');
    const segment = new Segment(file, 0);
    const pieces: Piece[] = [];
    const { size } = await file.stat();
    for (let piece = await segment.next(size); piece !== undefined; piece = await segment.next(size))
      pieces.push(piece);
    return { segment, pieces };
  }

  /** Resolves when the disk has them. */
  async append(pieces: readonly { readonly number: number; readonly bytes: Buffer }[]): Promise<Piece[]> {
    let { size } = this;
    const stored: Piece[] = [];
    const buffers: Buffer[] = [];
    for (const { number, bytes } of pieces) {
      buffers.push(headOf(number, bytes), bytes);
      stored.push({ number, offset: size + HEAD, length: bytes.length });
      size += HEAD + bytes.length;
    }
    await this.writeAll(buffers, this.size);
    await this.file.datasync();
    this.size = size;
    return stored;
  }

  async bytesOf({ offset, length }: Piece): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw new Error('the file of the stream is shorter than it was');
      done += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async writeAll(buffers: readonly Buffer[], at: number): Promise<void> {
    for (let rest = [...buffers], position = at; rest.length > 0;) {
      let { bytesWritten } = await this.file.writev(rest, position);
      position += bytesWritten;
      rest = rest.filter((buffer) => {
        const isDone = bytesWritten >= buffer.length;
        if (isDone) bytesWritten -= buffer.length;
        return !isDone;
      });
      const [first] = rest;
      if (first !== undefined) rest[0] = first.subarray(bytesWritten);
    }
  }

  private async next(fileSize: number): Promise<Piece | undefined> {
    if (this.size + HEAD > fileSize) return undefined;
    const head = await this.bytesOf({ number: 0, offset: this.size, length: HEAD });
    const [number, length] = [head.readUInt32BE(4), head.readUInt32BE(8)];
    const piece = { number, offset: this.size + HEAD, length };
    if (head.readUInt32BE(0) !== MAGIC || piece.offset + length > fileSize) return undefined;
    if (!headOf(number, await this.bytesOf(piece)).equals(head)) return undefined;
    this.size = piece.offset + length;
    return piece;
  }
}

function headOf(number: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(MAGIC, 0);
  head.writeUInt32BE(number, 4);
  head.writeUInt32BE(bytes.length, 8);
  head.writeUInt32BE(crc32(bytes, crc32(head.subarray(4, 8))), 12);
  return head;
}
