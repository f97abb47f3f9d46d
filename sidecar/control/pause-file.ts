import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../config/error-code';
import { writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';
import { NodeError } from './node-error';
import { refuseNewerState } from './state-format';

/** Times are milliseconds since the epoch. */
export interface Pause {
  readonly since: number;
  /** When it ends by itself; absent: when the operator says so. */
  readonly until?: number;
}

const FILE = 'pause.json';

/** Whether the operator wants no changes of the map now, in the state folder: written by his commands, read by the sidecar. */
export class PauseFile {
  private readonly path: string;

  constructor(private readonly stateFolder: string) {
    this.path = join(stateFolder, FILE);
  }

  /** Undefined where nothing is paused at this time. Rejects with NodeError NODE_STATE when the file cannot be used. */
  async read(now: number): Promise<Pause | undefined> {
    let content: string;
    try {
      content = await readFile(this.path, 'utf8');
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw this.damaged(error);
    }
    const pause = this.parse(content);
    return pause.until !== undefined && pause.until <= now ? undefined : pause;
  }

  /** Rejects with NodeError NODE_STATE_NEWER where a later version has written the folder. */
  async write(pause: Pause): Promise<void> {
    await refuseNewerState(this.stateFolder);
    await writeFileAtomic(this.path, `${JSON.stringify(pause)}\n`, { mode: 0o600 });
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  private parse(content: string): Pause {
    try {
      const { since, until } = JSON.parse(content) as { since?: unknown; until?: unknown };
      if (typeof since !== 'number') throw new TypeError('it does not say since when');
      if (until !== undefined && typeof until !== 'number') throw new TypeError('it does not say until when');
      return { since, ...(until === undefined ? {} : { until }) };
    } catch (error) {
      throw this.damaged(error);
    }
  }

  private damaged(cause: unknown): NodeError {
    return new NodeError('NODE_STATE', `${this.path} cannot be used: ${messageOf(cause)}`, {
      remedy: 'write it anew: netmap pause, or netmap resume',
      cause,
    });
  }
}
