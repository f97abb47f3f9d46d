import { Writable } from 'node:stream';

/**
 * Takes whatever is written at once, and hands all that was written in a turn of the event loop to the socket in one
 * piece. How much may wait here is for the writer to bound: nothing pushes back.
 */
export class BatchingWriter extends Writable {
  private parts: Buffer[] = [];

  constructor(private readonly target: Writable) {
    super({ highWaterMark: Number.MAX_SAFE_INTEGER });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.parts.length === 0) setImmediate(() => this.flush());
    this.parts.push(chunk);
    done();
  }

  private flush(): void {
    const batch = this.parts;
    this.parts = [];
    if (this.target.writable) this.target.write(Buffer.concat(batch));
  }
}
