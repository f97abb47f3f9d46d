import type { BrokerFiles } from '../../../sidecar/broker/reconcile/instance-files';
import { sha256Hex } from '../../../sidecar/lib/digest';
import type { RenderedFile } from '../../../sidecar/render/rendered-file';
import type { Passage } from './model-management';

/** An instance folder on a disk in memory. */
export class ModelFiles implements BrokerFiles {
  constructor(
    private readonly disk: Map<string, string>,
    private readonly passage: Passage,
  ) {}

  async differing(wanted: readonly RenderedFile[]): Promise<RenderedFile[]> {
    return this.passage('differing', () => wanted.filter(({ path, content }) => this.disk.get(path) !== content));
  }

  digest(path: string): Promise<string | undefined> {
    return this.passage(`digest ${path}`, () => {
      const content = this.disk.get(path);
      return content === undefined ? undefined : sha256Hex(content);
    });
  }

  read(path: string): Promise<string | undefined> {
    return this.passage(`read ${path}`, () => this.disk.get(path));
  }

  async write(path: string, content: string): Promise<void> {
    await this.passage(`write ${path}`, () => this.disk.set(path, content));
  }

  async remove(path: string): Promise<void> {
    await this.passage(`remove ${path}`, () => this.disk.delete(path));
  }

  async prepare(): Promise<void> {
    await this.passage('prepare', () => undefined);
  }
}
