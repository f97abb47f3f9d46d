import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * Reports which entries of a folder come, go or are written. One watch of the operating system serves any number of
 * files.
 */
export class FolderWatch {
  private watcher: FSWatcher | undefined;
  private watched: string | undefined;

  constructor(
    private readonly folder: string,
    /** Without a name anything may have changed. */
    private readonly onChange: (name: string | undefined) => void,
  ) {}

  /**
   * Makes sure that the folder which stands at the path now is watched: `new` when it was not before, as another may
   * have taken its place. Undefined when there is none, or the operating system cannot watch it.
   */
  async arm(): Promise<'standing' | 'new' | undefined> {
    const standing = await identityOf(this.folder);
    if (this.watcher !== undefined && standing === this.watched) return 'standing';
    this.close();
    if (standing === undefined) return undefined;
    try {
      this.watcher = watch(this.folder, (_event, name) => this.onChange(name ?? undefined));
    } catch {
      return undefined;
    }
    this.watched = standing;
    this.watcher.on('error', () => this.close());
    return 'new';
  }

  close(): void {
    this.watcher?.close();
    this.watcher = undefined;
  }
}

async function identityOf(folder: string): Promise<string | undefined> {
  try {
    const found = await stat(folder, { bigint: true });
    return [found.dev, found.ino, found.birthtimeNs].join(':');
  } catch {
    return undefined;
  }
}
