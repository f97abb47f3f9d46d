import type { CacheFiles } from '../../../sidecar/sources/cache/cache-files';

/** A folder in memory, which outlives the processes that use it. */
export class MemoryFiles implements CacheFiles {
  private readonly files = new Map<string, Buffer>();

  async list(): Promise<readonly string[]> {
    return [...this.files.keys()];
  }

  async read(name: string): Promise<Buffer | undefined> {
    return this.files.get(name);
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    this.files.set(name, Buffer.from(content as Uint8Array));
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }
}
