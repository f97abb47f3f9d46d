/** Why a block is not Snappy; never leaves this folder. */
export class SnappyBlockError extends Error {}

/**
 * The content of one block in Snappy's raw format. Bounded on any input, as the libraries at hand are not: time grows
 * with `maxBytes` at most.
 * @throws SnappyBlockError
 */
export function decompressSnappyBlock(block: Buffer, maxBytes: number): Buffer {
  const input = new Input(block);
  const output = Buffer.alloc(input.contentLength(maxBytes));
  let length = 0;
  while (!input.atEnd()) {
    const element = input.element();
    if (element.length > output.length - length) throw new SnappyBlockError('it holds more than it says');
    if (element.offset === 0) {
      input.take(element.length).copy(output, length);
    } else {
      if (element.offset > length) throw new SnappyBlockError('a copy starts before the content');
      // Byte by byte, as a copy may run into what it writes itself.
      for (let index = length; index < length + element.length; index += 1) {
        output.writeUInt8(output.readUInt8(index - element.offset), index);
      }
    }
    length += element.length;
  }
  if (length < output.length) throw new SnappyBlockError('it holds less than it says');
  return output;
}

/** Bytes that follow (offset 0), or a copy of content that lies `offset` bytes back. */
interface Element {
  readonly length: number;
  readonly offset: number;
}

class Input {
  private position = 0;

  constructor(private readonly bytes: Buffer) {}

  atEnd(): boolean {
    return this.position === this.bytes.length;
  }

  take(length: number): Buffer {
    if (length > this.bytes.length - this.position) throw new SnappyBlockError('it is cut off');
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  contentLength(maxBytes: number): number {
    let length = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.number(1);
      length += (byte & 0x7f) * scale;
      if (length > maxBytes || scale > maxBytes)
        throw new SnappyBlockError(`it says to hold more than ${maxBytes} bytes`);
      if (byte < 0x80) return length;
    }
  }

  element(): Element {
    const tag = this.number(1);
    const high = tag >>> 2;
    switch (tag & 3) {
      case 0:
        return { length: 1 + (high < 60 ? high : this.number(high - 59)), offset: 0 };
      case 1:
        return this.copy(4 + (high & 7), ((tag >>> 5) << 8) + this.number(1));
      default:
        return this.copy(1 + high, this.number((tag & 3) === 2 ? 2 : 4));
    }
  }

  private copy(length: number, offset: number): Element {
    if (offset === 0) throw new SnappyBlockError('a copy has no offset');
    return { length, offset };
  }

  private number(width: number): number {
    return this.take(width).readUIntLE(0, width);
  }
}
