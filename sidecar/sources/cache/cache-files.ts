import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file';

/** The folder of a cache. Every method rejects with the system's own error. */
export interface CacheFiles {
  list(): Promise<readonly string[]>;
  /** Undefined when there is none of that name. */
  read(name: string): Promise<Buffer | undefined>;
  /** Durable when it resolves; a crash leaves the old content or the new. */
  write(name: string, content: string | Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

export class FolderFiles implements CacheFiles {
  constructor(private readonly folder: string) {}

  async list(): Promise<readonly string[]> {
    return (await orUndefined(readdir(this.folder))) ?? [];
  }

  read(name: string): Promise<Buffer | undefined> {
    return orUndefined(readFile(join(this.folder, name)));
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeFileAtomic(join(this.folder, name), content, { mode: 0o600 });
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
  }
}

async function orUndefined<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
