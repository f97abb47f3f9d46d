import type { Certificate } from '../../../certificates/certificate';
import type { Config } from '../../../config/config';
import type { Clock } from '../../../lib/clock';
import { newestOf, readRoots } from './roots-file';
import { isNeeded, rootNeeds, type RootNeeds } from './root-needs';

/**
 * - none: one root is trusted
 * - trust-new: a newer one is trusted as well, and the node's own certificates are not of it yet
 * - use-new: the node's own certificates are of the newest root; others still need an older one
 * - drop-old: nothing in sight needs the older roots any more
 */
export type RolloverState = 'none' | 'trust-new' | 'use-new' | 'drop-old';

/** One trusted root. Times are milliseconds since the epoch. */
export interface RolloverRoot extends Omit<RootNeeds, 'root'> {
  readonly fingerprint: string;
  readonly subject: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isNewest: boolean;
}

export interface RolloverStatus {
  readonly state: RolloverState;
  readonly roots: readonly RolloverRoot[];
}

/**
 * Where the node stands between one root of its network and the next: seen from what lies on its disk, not remembered.
 * The sidecar need not run. Throws NetmapError where that cannot be read.
 */
export async function rolloverStatus(config: Config, clock: Clock): Promise<RolloverStatus> {
  const roots = await readRoots(config);
  const needs = await rootNeeds({ config, roots, clock });
  const newest = newestOf(roots);
  return { state: stateOf(needs, newest), roots: needs.map((each) => shown(each, each.root === newest)) };
}

function stateOf(needs: readonly RootNeeds[], newest: Certificate | undefined): RolloverState {
  if (needs.length <= 1) return 'none';
  const older = needs.filter(({ root }) => root !== newest);
  if (older.some(({ own }) => own !== undefined)) return 'trust-new';
  return older.some(isNeeded) ? 'use-new' : 'drop-old';
}

function shown({ root, ...needs }: RootNeeds, isNewest: boolean): RolloverRoot {
  const { fingerprint, subject, notBefore, notAfter } = root;
  return { fingerprint, subject: subject.toCorda(), notBefore, notAfter, isNewest, ...needs };
}
