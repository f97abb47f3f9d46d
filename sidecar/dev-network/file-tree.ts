import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file that is yet to be written. */
export interface NewFile {
  /** From the folder that it belongs to. */
  readonly path: string;
  readonly content: string;
  /** Readable by its owner alone. */
  readonly secret?: boolean;
}

/** Writes new files and the folders that they need. Rejects with the system's error, also when one exists. */
export async function writeTree(folder: string, files: readonly NewFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { path, content, secret = false } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { flag: 'wx', mode: secret ? 0o600 : 0o644 });
  }
}
