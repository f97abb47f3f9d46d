import type { Certificate } from '../../../certificates/certificate';
import type { Config } from '../../../config/config';
import type { Clock } from '../../../lib/clock';
import { NetmapError } from '../../../lib/errors';
import { readNodeMaterial, type NodeMaterial } from '../../node-material';
import type { Problem } from '../../status';
import { problemOf } from '../../status-builder';
import { casOf, listsOf } from '../without-revoked';
import { peersUnder, type KeptPeers } from './kept-peers';

/** A peer that a root vouches for. */
export interface NeedingPeer {
  readonly id: string;
  readonly name: string;
}

/** What the node would lose if it trusted a root no more, while it goes on trusting the others. */
export interface RootNeeds {
  readonly root: Certificate;
  /** Why the node itself would be refused. */
  readonly own?: Problem;
  /** Why the network map or its parameters, as they are kept, would be refused. */
  readonly map?: Problem;
  readonly peers: readonly NeedingPeer[];
  /** Issuers of revocation lists that would not be believed any more. */
  readonly lists: readonly string[];
}

export interface RootNeedsInput {
  readonly config: Config;
  readonly roots: readonly Certificate[];
  readonly clock: Clock;
}

/** Tries each root's absence on what lies on the disk. Throws NetmapError where by all of them together it cannot be read. */
export async function rootNeeds(input: RootNeedsInput): Promise<RootNeeds[]> {
  const { config, roots, clock } = input;
  const material = await readNodeMaterial(config, clock, roots);
  const before = await peersUnder(roots, { config, material, clock });
  const listed = await believedLists(roots, material, input);
  const needs: RootNeeds[] = [];
  for (const root of roots) {
    const rest = roots.filter((one) => one !== root);
    const own = await ownProblem(rest, input);
    const after = await peersUnder(rest, { config, material, clock });
    const believed = new Set(await believedLists(rest, material, input));
    needs.push({
      root,
      ...(own === undefined ? {} : { own }),
      ...(after.map === undefined || before.map !== undefined ? {} : { map: after.map }),
      peers: lostOf(before, after),
      lists: listed.filter((issuer) => !believed.has(issuer)),
    });
  }
  return needs;
}

/** Whether anything would be lost. */
export function isNeeded({ own, map, peers, lists }: Omit<RootNeeds, 'root'>): boolean {
  return own !== undefined || map !== undefined || peers.length > 0 || lists.length > 0;
}

function lostOf(before: KeptPeers, after: KeptPeers): NeedingPeer[] {
  return [...before.peers]
    .filter(([id]) => !after.peers.has(id))
    .map(([id, peer]) => ({ id, name: peer.identities[0].name.toCorda() }));
}

async function ownProblem(roots: readonly Certificate[], { config, clock }: RootNeedsInput) {
  try {
    await readNodeMaterial(config, clock, roots);
    return undefined;
  } catch (error) {
    if (error instanceof NetmapError) return problemOf(error, clock.now());
    throw error;
  }
}

async function believedLists(
  roots: readonly Certificate[],
  material: NodeMaterial,
  { config, clock }: RootNeedsInput,
): Promise<string[]> {
  const { revocation } = config.certificates;
  if (revocation === undefined) return [];
  const source = listsOf(revocation, () => casOf({ ...material, roots }), { config, clock, offline: true });
  await source.start(() => undefined);
  const issuers = source.state.lists.map(({ issuer }) => issuer.toCorda());
  await source.stop();
  return issuers;
}
