import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock';
import { messageOf } from '../../lib/errors';
import { MessagingError } from '../messaging-error';
import { SpooledStream } from './spooled-stream';

/** What a stream is told from all others by. */
export interface StreamKey {
  readonly sender: string;
  readonly recipient: string;
  readonly id: string;
  readonly lifeMs: number;
}

const NAME = /^[0-9a-f]{40}\.(\d{1,10})$/;
const HOUR_MS = 3_600_000;

/** A folder in which streams are put together, perhaps by several processes. */
export class Spool {
  private readonly inUse = new Map<string, number>();
  private swept = -Infinity;

  private constructor(
    private readonly folder: string,
    private readonly clock: Clock,
  ) {}

  /** Makes the folder where there is none. Throws MessagingError SPOOL_UNUSABLE. */
  static async open(folder: string, clock: Clock): Promise<Spool> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const probe = join(folder, `.probe-${process.pid}`);
      await (await open(probe, 'w', 0o600)).close();
      await rm(probe);
    } catch (error) {
      const message = `streams cannot be put together in ${folder}: ${messageOf(error)}`;
      throw new MessagingError('SPOOL_UNUSABLE', message, {
        remedy: 'name a folder that can be written',
        cause: error,
      });
    }
    return new Spool(folder, clock);
  }

  /** Of an earlier reader's work what is there. `release` once it is closed. Throws what the file system throws. */
  async stream({ sender, recipient, id, lifeMs }: StreamKey): Promise<{ spooled: SpooledStream; release: () => void }> {
    const digest = createHash('sha256')
      .update(JSON.stringify([sender, recipient, id]))
      .digest('hex');
    const name = `${digest.slice(0, 40)}.${lifeMs}`;
    this.inUse.set(name, (this.inUse.get(name) ?? 0) + 1);
    const release = (): void => {
      const left = (this.inUse.get(name) ?? 1) - 1;
      if (left === 0) this.inUse.delete(name);
      else this.inUse.set(name, left);
    };
    try {
      return { spooled: await SpooledStream.open(join(this.folder, name)), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Removes, once an hour, what has been untouched for twice the life of its stream and an hour. Never throws. */
  async sweep(): Promise<void> {
    const now = this.clock.now();
    if (now - this.swept < HOUR_MS) return;
    this.swept = now;
    for (const name of await readdir(this.folder).catch(() => [])) {
      const life = NAME.exec(name)?.[1];
      if (life === undefined || this.inUse.has(name)) continue;
      const path = join(this.folder, name);
      const touched = await lastTouched(path);
      if (touched !== undefined && now - touched > 2 * Number(life) + HOUR_MS)
        await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** Undefined where somebody removes it just now. */
async function lastTouched(path: string): Promise<number | undefined> {
  try {
    const files = (await readdir(path)).map((name) => join(path, name));
    const times = await Promise.all([path, ...files].map(async (each) => (await stat(each)).mtimeMs));
    return Math.max(...times);
  } catch {
    return undefined;
  }
}
