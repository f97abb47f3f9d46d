import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';
import { NO_DECISIONS, type MapDecisions } from '../sources/http/decisions';
import { NodeError } from './node-error';
import { refuseNewerState } from './state-format';

const FILE = 'decisions.json';

/** What the operator has decided, in the state folder: written by his commands, read by the sidecar. */
export class DecisionsFile {
  private readonly path: string;

  constructor(private readonly stateFolder: string) {
    this.path = join(stateFolder, FILE);
  }

  /** Rejects with NodeError NODE_STATE when the file cannot be used, NODE_STATE_NEWER when it is of a later version. */
  async read(): Promise<MapDecisions> {
    await refuseNewerState(this.stateFolder);
    try {
      const content = await readFile(this.path, 'utf8');
      return parse(JSON.parse(content));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NO_DECISIONS;
      throw new NodeError('NODE_STATE', `${this.path} is damaged: ${messageOf(error)}`, {
        remedy: 'remove it, and decide again: netmap map accept, netmap parameters accept',
        cause: error,
      });
    }
  }

  async acceptMap(digest: string, at: number): Promise<void> {
    await this.write({ ...(await this.read()), map: { digest, at } });
  }

  async acceptParameters(hash: string): Promise<void> {
    const before = await this.read();
    await this.write({ ...before, parameters: [...before.parameters.filter((each) => each !== hash), hash] });
  }

  private async write(decisions: MapDecisions): Promise<void> {
    await writeFileAtomic(this.path, `${JSON.stringify(decisions)}\n`, { mode: 0o600 });
  }
}

function parse(value: unknown): MapDecisions {
  if (typeof value !== 'object' || value === null) throw new TypeError('it is no object');
  const { parameters, map } = value as { parameters?: unknown; map?: { digest?: unknown; at?: unknown } | null };
  if (!Array.isArray(parameters) || !parameters.every((hash) => typeof hash === 'string')) {
    throw new TypeError('it has no list of accepted parameters');
  }
  if (map === undefined || map === null) return { parameters };
  const { digest, at } = map;
  if (typeof digest !== 'string' || typeof at !== 'number')
    throw new TypeError('it does not say which map is accepted');
  return { parameters, map: { digest, at } };
}
