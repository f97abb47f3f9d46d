import { constants, createReadStream, open } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

/**
 * What a file holds, or comes out of a named pipe. A pipe may have no writer for as long as it likes: who waits for it may be
 * left, and the process ends, where one that waits in the ordinary way could not.
 * @throws what the file system throws
 */
export async function* readChunks(file: string): AsyncGenerator<Uint8Array, void, void> {
  const isPipe = (await stat(file)).isFIFO();
  const source: AsyncIterable<Uint8Array> = isPipe ? await openPipe(file) : createReadStream(file);
  yield* source;
}

async function openPipe(file: string): Promise<Socket> {
  const fd = await promisify(open)(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
