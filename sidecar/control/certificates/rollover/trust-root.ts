import type { Certificate } from '../../../certificates/certificate';
import type { Config } from '../../../config/config';
import type { Clock } from '../../../lib/clock';
import { readNewRoot, readRoots, writeRoots } from './roots-file';

/** Adds the root of a file to those that are trusted. Throws RolloverError ROLLOVER_ROOT, NodeError or ConfigError. */
export async function trustRoot(config: Config, file: string, clock: Clock): Promise<Certificate> {
  const roots = await readRoots(config);
  const root = await readNewRoot(file, roots, clock.now());
  await writeRoots(config, [...roots, root]);
  return root;
}
