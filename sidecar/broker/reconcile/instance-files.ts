import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeUnfinished, writeFileAtomic } from '../../lib/atomic-file';
import { sha256Hex } from '../../lib/digest';
import type { RenderedFile } from '../../render/rendered-file';

/** Where a broker's files are, on disk as a rule. */
export type BrokerFiles = Pick<InstanceFiles, 'differing' | 'digest' | 'read' | 'write' | 'remove' | 'prepare'>;

/** The files of a broker's instance folder, as they are on disk. */
export class InstanceFiles {
  /** `runsElsewhere`: of the broker's folders this side has `etc` alone. */
  constructor(
    readonly folder: string,
    private readonly runsElsewhere = false,
  ) {}

  /** Of the files wanted those whose content on disk is another, in the order given. */
  async differing(wanted: readonly RenderedFile[]): Promise<RenderedFile[]> {
    const found: RenderedFile[] = [];
    for (const file of wanted) if ((await this.read(file.path)) !== file.content) found.push(file);
    return found;
  }

  async digest(path: string): Promise<string | undefined> {
    const content = await this.bytes(path);
    return content === undefined ? undefined : sha256Hex(content);
  }

  async read(path: string): Promise<string | undefined> {
    return (await this.bytes(path))?.toString('utf8');
  }

  private async bytes(path: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.folder, path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async write(path: string, content: string, secret: boolean): Promise<void> {
    const full = join(this.folder, path);
    await mkdir(dirname(full), { recursive: true, mode: 0o700 });
    await writeFileAtomic(full, content, { mode: secret ? 0o600 : 0o644 });
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.folder, path), { force: true });
  }

  /** Makes the folders that the broker expects; only its owner may look into them. */
  async prepare(): Promise<void> {
    const folders = this.runsElsewhere ? ['etc'] : ['etc', 'data', 'log'];
    for (const name of folders) await mkdir(join(this.folder, name), { recursive: true });
    await removeUnfinished(join(this.folder, 'etc'));
    if (!this.runsElsewhere) await chmod(this.folder, 0o700);
  }
}
