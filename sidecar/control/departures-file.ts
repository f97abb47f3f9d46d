import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';
import { NodeError } from './node-error';

const FILE = 'departures.json';

/** Somebody who has left the map, as long as something at the broker is there because of him. */
export interface Departed {
  /** As Corda writes it, where it is still known. */
  readonly name?: string;
  /** When he was missed first, milliseconds since the epoch. */
  readonly since: number;
  /** His queues take nothing any more, and go once it is sure that nothing was on its way to them. */
  readonly closing?: true;
  /** In his queues at the last look. */
  readonly messages?: number;
}

/** By the id that queues are named after. */
export type DepartedById = ReadonlyMap<string, Departed>;

/** Who has left, in the state folder, so that the grace time goes on over restarts. */
export class DeparturesFile {
  private readonly path: string;

  constructor(stateFolder: string) {
    this.path = join(stateFolder, FILE);
  }

  /** Rejects with NodeError NODE_STATE when the file cannot be used. */
  async read(): Promise<DepartedById> {
    try {
      return parse(JSON.parse(await readFile(this.path, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
      throw new NodeError('NODE_STATE', `${this.path} is damaged: ${messageOf(error)}`, {
        remedy: 'remove it: the grace time of those who have left begins anew',
        cause: error,
      });
    }
  }

  async write(departed: DepartedById): Promise<void> {
    await writeFileAtomic(this.path, `${JSON.stringify(Object.fromEntries(departed))}\n`, { mode: 0o600 });
  }
}

function parse(value: unknown): DepartedById {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('it is no object');
  return new Map(
    Object.entries(value as Record<string, Departed | null>).map(([id, departed]) => {
      if (typeof departed?.since !== 'number') throw new TypeError(`it does not say since when ${id} is gone`);
      return [id, departed];
    }),
  );
}
