/** A frame as a client sent it. Of a header that comes twice the first counts. */
export interface ClientFrame {
  readonly command: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What is wrong with what a client sent, in the reference server's words. */
export class FrameError extends Error {
  constructor(
    message: string,
    /** Of the message that is at fault. */
    readonly receipt?: string,
    readonly body = '',
  ) {
    super(message);
  }
}

const LIMITS = { command: 50, headers: 50, text: 500, head: 4096, body: 8192 };
const ESCAPES: Readonly<Record<string, string>> = { '\\r': '\r', '\\n': '\n', '\\c': ':', '\\\\': '\\' };

/** Reads frames as strictly as the reference server does. */
export class StompReader {
  private rest = Buffer.alloc(0);

  /** The frames that are complete now. Throws FrameError. */
  *read(chunk: Buffer): Generator<ClientFrame> {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (;;) {
      let start = 0;
      while (this.rest[start] === 10 || (this.rest[start] === 13 && this.rest[start + 1] === 10)) start += 1;
      this.rest = this.rest.subarray(start);
      const frame = this.next();
      if (frame === undefined) return;
      yield frame;
    }
  }

  private next(): ClientFrame | undefined {
    const end = this.rest.indexOf('\n\n');
    if (end < 0) {
      if (this.rest.length > LIMITS.head) throw new FrameError('The frame header is too big.');
      return undefined;
    }
    if (end + 2 > LIMITS.head) throw new FrameError('The frame header is too big.');
    const [command = '', ...lines] = this.rest.toString('latin1', 0, end).split('\n');
    if (!/^[A-Z]{1,50}$/.test(command) || lines.length > LIMITS.headers) throw new FrameError('Invalid frame.');
    const headers = headersOf(lines);
    const length = Number(headers.get('content-length') ?? 'none');
    if (length > LIMITS.body) throw new FrameError('Content-length is too large.');
    const from = end + 2;
    const stop = this.rest.indexOf(0, from + (Number.isInteger(length) ? length : 0));
    if ((stop < 0 ? this.rest.length : stop) - from > LIMITS.body) throw new FrameError('The body is too large.');
    if (stop < 0) return undefined;
    const body = Buffer.from(this.rest.subarray(from, stop));
    this.rest = this.rest.subarray(stop + 1);
    return { command, headers, body };
  }
}

function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const parts = line.replace(/\r$/, '').split(':');
    const [name = '', value = ''] = parts;
    if (parts.length !== 2 || name === '' || name.length > LIMITS.text || value.length > LIMITS.text)
      throw new FrameError('Invalid frame.');
    const [key, text] = [unescapeHeader(name), unescapeHeader(value)];
    if (!headers.has(key)) headers.set(key, text);
  }
  return headers;
}

function unescapeHeader(latin: string): string {
  const text = latin.replace(/\\[^]?/g, (found) => {
    const plain = ESCAPES[found];
    if (plain === undefined) throw new FrameError('Invalid header.');
    return plain;
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    throw new FrameError('UTF-8 decode error.');
  }
}
