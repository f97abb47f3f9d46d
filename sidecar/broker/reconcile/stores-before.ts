import { readFile, rm } from 'node:fs/promises';
import { writeFileAtomic } from '../../lib/atomic-file';

/** A store of the instance folder as it was; `path` as of RenderedFile. */
export interface StoreBefore {
  readonly path: string;
  readonly content: string;
}

/**
 * The stores of before, on disk while new ones take their place. The broker goes on with what it has read: who is killed
 * between writing and having it read knows by these how to come in. They hold a key.
 */
export class StoresBefore {
  constructor(private readonly file: string) {}

  async keep(stores: readonly StoreBefore[]): Promise<void> {
    await writeFileAtomic(this.file, `${JSON.stringify(stores)}\n`, { mode: 0o600 });
  }

  /** Undefined where no installation was broken off, or what was kept cannot be read. */
  async read(): Promise<readonly StoreBefore[] | undefined> {
    try {
      const found: unknown = JSON.parse(await readFile(this.file, 'utf8'));
      return Array.isArray(found) && found.every(isStore) ? found : undefined;
    } catch {
      return undefined;
    }
  }

  async forget(): Promise<void> {
    await rm(this.file, { force: true });
  }
}

function isStore(value: unknown): value is StoreBefore {
  const { path, content } = (value ?? {}) as Partial<Record<keyof StoreBefore, unknown>>;
  return typeof path === 'string' && typeof content === 'string';
}
