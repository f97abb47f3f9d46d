import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../../config/error-code';
import { writeFileAtomic } from '../../lib/atomic-file';
import { messageOf } from '../../lib/errors';
import { NodeError } from '../node-error';

const FILE = 'release.json';

/** When the operator last let through what waits for a maintenance window, in the state folder. */
export class ReleaseFile {
  private readonly path: string;

  constructor(stateFolder: string) {
    this.path = join(stateFolder, FILE);
  }

  /** Milliseconds since the epoch; undefined: never. Rejects with NodeError NODE_STATE when the file cannot be used. */
  async read(): Promise<number | undefined> {
    try {
      const { at } = JSON.parse(await readFile(this.path, 'utf8')) as { at?: unknown };
      if (typeof at !== 'number') throw new TypeError('it does not say when');
      return at;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw new NodeError('NODE_STATE', `${this.path} cannot be used: ${messageOf(error)}`, {
        remedy: 'write it anew: netmap resume',
        cause: error,
      });
    }
  }

  async write(at: number): Promise<void> {
    await writeFileAtomic(this.path, `${JSON.stringify({ at })}\n`, { mode: 0o600 });
  }
}
