const LF = 0x0a;
const CR = 0x0d;

/** A line is longer than allowed. */
export class LongLineError extends RangeError {
  constructor(readonly line: number) {
    super(`line ${line} is too long`);
  }
}

/** The lines of the source without their ends (LF or CR LF), as bytes; empty ones, too. Throws LongLineError. */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<Buffer, void, void> {
  let begun: Buffer[] = [];
  let [bytes, line] = [0, 1];
  const check = (): void => {
    // A CR before the end is not known to be one yet.
    if (bytes > mostBytes + 1) throw new LongLineError(line);
  };
  const end = (): Buffer => {
    const whole = Buffer.concat(begun);
    const text = whole.at(-1) === CR ? whole.subarray(0, -1) : whole;
    if (text.length > mostBytes) throw new LongLineError(line);
    line += 1;
    begun = [];
    bytes = 0;
    return text;
  };
  for await (const chunk of source) {
    // Copied, as sources may use theirs again.
    const all = Buffer.from(chunk);
    let from = 0;
    for (let at = all.indexOf(LF); at >= 0; at = all.indexOf(LF, from)) {
      begun.push(all.subarray(from, at));
      yield end();
      from = at + 1;
    }
    begun.push(all.subarray(from));
    bytes += all.length - from;
    check();
  }
  if (bytes > 0) yield end();
}
