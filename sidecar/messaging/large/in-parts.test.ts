import { inParts } from './in-parts';

async function* of(...chunks: readonly unknown[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield (typeof chunk === 'string' ? Buffer.from(chunk) : chunk) as Uint8Array;
}

async function texts(source: AsyncIterable<Uint8Array>, size: number): Promise<string[]> {
  const all: string[] = [];
  for await (const part of inParts(source, size)) all.push(part.toString());
  return all;
}

test.each<[string, readonly string[], number, readonly string[]]>([
  ['nothing', [], 3, []],
  ['empty chunks', ['', ''], 3, []],
  ['small chunks are joined', ['a', 'b', '', 'cd', 'e'], 3, ['abc', 'de']],
  ['large chunks are cut', ['abcdefg'], 3, ['abc', 'def', 'g']],
  ['exact ones leave nothing over', ['abc', 'def'], 3, ['abc', 'def']],
])('%s', async (_, chunks, size, parts) => {
  expect(await texts(of(...chunks), size)).toEqual(parts);
});

test('a source may use its chunk again', async () => {
  async function* reusing(): AsyncGenerator<Uint8Array> {
    const chunk = Buffer.from('abc');
    yield chunk;
    chunk.fill('x');
    yield chunk;
  }
  const parts: Buffer[] = [];
  for await (const part of inParts(reusing(), 3)) parts.push(part);
  expect(parts.map(String)).toEqual(['abc', 'xxx']);
});

test('what is no bytes is refused', async () => {
  await expect(texts(of(7), 3)).rejects.toThrow('no Uint8Array');
});
