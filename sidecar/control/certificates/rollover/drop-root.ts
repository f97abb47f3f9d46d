import type { Certificate } from '../../../certificates/certificate';
import type { Config } from '../../../config/config';
import type { Clock } from '../../../lib/clock';
import { newestOf, readRoots, rootNamed, shortOf, writeRoots } from './roots-file';
import { RolloverError } from './rollover-error';
import { isNeeded, rootNeeds, type RootNeeds } from './root-needs';

export interface DropRootInput {
  readonly config: Config;
  readonly clock: Clock;
  /** First characters of the root's fingerprint; the older of two unless given. */
  readonly fingerprint?: string;
  /** Peers, and what else is of others, need not have changed; the node's own certificates must have. */
  readonly force: boolean;
}

/** What went with the root: empty unless forced. */
export type DroppedRoot = RootNeeds;

/** Takes a root out of the file of roots. Throws RolloverError ROLLOVER_NEEDED while something in sight needs it. */
export async function dropRoot({ config, clock, fingerprint, force }: DropRootInput): Promise<DroppedRoot> {
  const roots = await readRoots(config);
  const root = fingerprint === undefined ? olderOf(roots) : rootNamed(fingerprint, roots);
  if (roots.length === 1)
    throw new RolloverError('ROLLOVER_NEEDED', `${shortOf(root)} is the only root that is trusted`, {
      remedy: 'trust the new one first: netmap certificates rollover trust --root FILE',
    });
  const needs = (await rootNeeds({ config, roots, clock })).find((each) => each.root === root);
  if (needs === undefined) throw new RangeError('a root whose needs were not looked at');
  if (needs.own !== undefined)
    throw new RolloverError(
      'ROLLOVER_NEEDED',
      `this node itself needs the root ${shortOf(root)}: ${needs.own.message}`,
      {
        remedy: 'put certificates of the new root in place first: netmap certificates rollover use',
      },
    );
  if (isNeeded(needs) && !force)
    throw new RolloverError('ROLLOVER_NEEDED', `the root ${shortOf(root)} is still needed by ${needersOf(needs)}`, {
      remedy: 'wait until they have changed; --force drops it all the same, and who needs it is off the map then',
    });
  await writeRoots(
    config,
    roots.filter((one) => one !== root),
  );
  return needs;
}

/** In words: `the network map; 2 peers: O=A…, O=B…`. */
export function needersOf({ map, peers, lists }: Pick<RootNeeds, 'map' | 'peers' | 'lists'>): string {
  const names = peers.map(({ name }) => name).join('; ');
  return [
    ...(map === undefined ? [] : ['the network map as it is kept']),
    ...lists.map((issuer) => `the revocation list of ${issuer}`),
    ...(peers.length === 0 ? [] : [`${peers.length} ${peers.length === 1 ? 'peer' : 'peers'}: ${names}`]),
  ].join(', ');
}

function olderOf(roots: readonly Certificate[]): Certificate {
  const newest = newestOf(roots);
  const [older, ...more] = roots.filter((one) => one !== newest);
  if (newest !== undefined && more.length === 0) return older ?? newest;
  throw new RolloverError('ROLLOVER_ARGUMENT', `which of ${roots.length} roots is to be dropped?`, {
    remedy: `name it by --root: ${roots.map(shortOf).join(', ')}`,
  });
}
