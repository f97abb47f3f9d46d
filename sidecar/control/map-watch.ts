import type { Config } from '../config/config';
import type { Certificate } from '../certificates/certificate';
import type { Clock } from '../lib/clock';
import type { KnownSerials } from '../network/merge';
import { DirectorySource } from '../sources/directory';
import { nodeInfoFileReader } from '../sources/node-info-file';
import type { MapSource } from '../sources/source';

/**
 * The source of the network map that the configuration names. `settleMs`: what is bad and younger may be half-written
 * and is not parked yet; the source's own unless given.
 */
export function mapSource(
  config: Config,
  roots: readonly Certificate[],
  serials: KnownSerials,
  clock: Clock,
  settleMs?: number,
): MapSource {
  const { path, watch, intervalMs } = config.sources[0].directory;
  return new DirectorySource({
    folder: path,
    readPeer: nodeInfoFileReader(roots, clock),
    clock,
    watch,
    intervalMs,
    maxFiles: config.limits.peers,
    knownSerials: serials,
    ...(settleMs === undefined ? {} : { settleMs }),
  });
}
