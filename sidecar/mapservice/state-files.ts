import { join } from 'node:path';

/** The files of a service's state. */
export function stateFiles(folder: string) {
  return { journal: join(folder, 'journal'), audit: join(folder, 'audit.jsonl'), lock: join(folder, 'lock') };
}
