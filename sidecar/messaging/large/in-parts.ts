/** The bytes of the source in parts of one size, the last one perhaps shorter. Each part is a copy: sources may use theirs again. */
export async function* inParts(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer, void, void> {
  let part = Buffer.alloc(0);
  let filled = 0;
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('the source gives something that is no Uint8Array');
    for (let from = 0; from < chunk.length;) {
      if (filled === 0) part = Buffer.allocUnsafeSlow(size);
      const some = chunk.subarray(from, from + size - filled);
      part.set(some, filled);
      from += some.length;
      filled += some.length;
      if (filled < size) continue;
      yield part;
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}
