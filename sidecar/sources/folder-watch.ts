import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * Reports that something in a folder has changed, not what: entries that come, go or are written. One watch of the
 * operating system serves any number of files.
 */
export class FolderWatch {
  private watcher: FSWatcher | undefined;
  private watched: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly onChange: () => void,
  ) {}

  /**
   * Makes sure that the folder which stands at the path now is watched, as another may have taken its place. False when
   * there is none, or the operating system cannot watch it.
   */
  async arm(): Promise<boolean> {
    const standing = await identityOf(this.folder);
    if (this.watcher !== undefined && standing === this.watched) return true;
    this.close();
    if (standing === undefined) return false;
    try {
      this.watcher = watch(this.folder, this.onChange);
    } catch {
      return false;
    }
    this.watched = standing;
    this.watcher.on('error', () => this.close());
    return true;
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
