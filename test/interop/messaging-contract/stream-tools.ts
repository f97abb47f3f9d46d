import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReceivedStream, ReceiveStreamsOptions } from '../../../sidecar/messaging/large/stream';
import type { Messaging } from '../../../sidecar/messaging/messaging';
import type { World } from './world';

export interface Got {
  readonly stream: ReceivedStream;
  readonly bytes: Buffer;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that are nowhere the same. */
export function bytesOf(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

/** In chunks of a size of its own; `before` is waited for before each. */
export async function* from(
  bytes: Buffer,
  chunk = 700,
  before?: (at: number) => Promise<void>,
): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunk) {
    await before?.(at);
    yield bytes.subarray(at, at + chunk);
  }
}

/** The folder of the streams of one test. */
export class StreamFolder {
  private folder = '';

  get path(): string {
    return this.folder;
  }

  async make(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'netmap-streams-'));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Reads all streams that come, and keeps them. */
  async gather(messaging: Messaging, options: Partial<ReceiveStreamsOptions> = {}): Promise<Got[]> {
    const got: Got[] = [];
    await messaging.receiveStreams(
      async (stream) => {
        const chunks: Buffer[] = [];
        for await (const chunk of stream.stream()) chunks.push(chunk);
        got.push({ stream, bytes: Buffer.concat(chunks) });
      },
      { folder: this.folder, ...options },
    );
    return got;
  }

  /** Bytes of streams that are in it. */
  async size(): Promise<number> {
    let sum = 0;
    for (const name of await readdir(this.folder, { recursive: true }))
      if (name.endsWith('.part'))
        sum += await stat(join(this.folder, name)).then(
          ({ size }) => size,
          () => 0,
        );
    return sum;
  }
}

/** What a client that is not ours sends of a stream, part by part, and what became of it. */
export function foreignStream(world: () => World) {
  const announce = (id: string, lifeMs = 60_000) =>
    world().sendForeign('a', 'b', {
      body: Buffer.alloc(0),
      properties: { netmap_stream: id, netmap_stream_part_bytes: 1000, netmap_stream_life: lifeMs },
    });
  const part = (id: string, number: number, text: string, sender: 'a' | 'c' = 'a') =>
    world().sendForeign(sender, 'b', {
      body: Buffer.from(text),
      properties: { netmap_stream: id, netmap_stream_part: number },
    });
  const end = (id: string, parts: number, text: string, sender: 'a' | 'c' = 'a') =>
    world().sendForeign(sender, 'b', {
      body: Buffer.alloc(0),
      properties: {
        netmap_stream: id,
        netmap_stream_part: parts,
        netmap_stream_length: text.length,
        netmap_stream_sha256: sha256(Buffer.from(text)),
      },
    });
  const reasons = async (): Promise<unknown[]> =>
    (await world().deadLetters('b')).map(({ properties }) => properties['netmap_dead_reason']);
  return { announce, part, end, reasons };
}
