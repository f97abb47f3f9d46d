import { readFile } from 'node:fs/promises';
import type { Certificate } from '../../../certificates/certificate';
import type { Config } from '../../../config/config';
import { writeFileAtomic } from '../../../lib/atomic-file';
import type { Clock } from '../../../lib/clock';
import { messageOf, NetmapError } from '../../../lib/errors';
import { peerId } from '../../../network/peer';
import { readChain, readNodeMaterial, type NodeMaterial } from '../../node-material';
import { newestOf, readRoots, shortOf } from './roots-file';
import { RolloverError } from './rollover-error';

export interface UseRootInput {
  readonly config: Config;
  readonly clock: Clock;
  /** PEM files that take the place of those which the configuration names. */
  readonly key: string;
  readonly chain: string;
  /** Chain of the legal identity, whose key stays; for a node that makes its own NodeInfo. */
  readonly identity?: string;
  /** The NodeInfo with the new certificates; for a node that is given one. */
  readonly nodeInfo?: string;
}

/** The certificates of the new root that are in use now. */
export interface UsedRoot {
  readonly root: Certificate;
  readonly tls: Certificate;
}

/**
 * Puts the node's own certificates under the newest trusted root: all are verified as they would be in use, and written
 * only then. Throws RolloverError ROLLOVER_USE or ROLLOVER_ARGUMENT, NodeError, NodeInfoError or ConfigError.
 */
export async function useRoot(input: UseRootInput): Promise<UsedRoot> {
  const { config, clock } = input;
  const roots = await readRoots(config);
  const root = newestOf(roots);
  const files = filesOf(input);
  const current = await readNodeMaterial(config, clock);
  const next = await readNodeMaterial(files.config, clock);
  if (peerId(current.own) !== peerId(next.own)) throw otherNode(current, next);
  const [tls] = await readChain(input.chain);
  if (root === undefined || tls === undefined) throw new RangeError('a chain that was verified, and is empty');
  try {
    await readNodeMaterial(files.config, clock, [root]);
  } catch (cause) {
    if (!(cause instanceof NetmapError)) throw cause;
    throw new RolloverError(
      'ROLLOVER_USE',
      `not all of it is of the newest root ${shortOf(root)}: ${messageOf(cause)}`,
      {
        remedy: 'give certificates that were issued under it, and trust it first: netmap certificates rollover trust',
        cause,
      },
    );
  }
  for (const { from, to, mode } of files.moves) await writeFileAtomic(to, await readFile(from), { mode });
  return { root, tls };
}

interface Move {
  readonly from: string;
  readonly to: string;
  readonly mode: number;
}

/** The configuration as it would be with the new files in their own places, and where they are to go. */
function filesOf({ config, key, chain, identity, nodeInfo }: UseRootInput): { config: Config; moves: Move[] } {
  const { certificates, node } = config;
  if (certificates.key.file === undefined) throw notHere('the TLS key comes from the environment, not from a file');
  const [own, ...others] = node.publish?.identities ?? [];
  if (own === undefined && identity !== undefined)
    throw notHere('--identity is for a node that makes its own NodeInfo');
  if (own !== undefined && nodeInfo !== undefined)
    throw notHere('this node makes its own NodeInfo: --node-info has no place');
  const publish =
    node.publish === undefined || own === undefined || identity === undefined
      ? node.publish
      : { ...node.publish, identities: [{ ...own, chain: identity }, ...others] as typeof node.publish.identities };
  const place = (from: string | undefined, to: string | undefined, mode = 0o644): Move[] =>
    from === undefined || to === undefined ? [] : [{ from, to, mode }];
  return {
    config: {
      ...config,
      certificates: { ...certificates, key: { file: key }, chain },
      node: { ...node, ...(publish && { publish }), ...(nodeInfo === undefined ? {} : { nodeInfo }) },
    },
    moves: [
      ...place(identity, own?.chain),
      ...place(nodeInfo, node.nodeInfo),
      ...place(key, certificates.key.file, 0o600),
      ...place(chain, certificates.chain),
    ],
  };
}

function notHere(why: string): RolloverError {
  return new RolloverError('ROLLOVER_ARGUMENT', why, { remedy: 'see netmap certificates rollover --help' });
}

function otherNode({ own }: NodeMaterial, next: NodeMaterial): RolloverError {
  const [is, would] = [own, next.own].map(({ identities: [{ name }] }) => name.toCorda());
  return new RolloverError(
    'ROLLOVER_USE',
    `these are the certificates of another identity: ${would ?? ''}, not ${is ?? ''}`,
    {
      remedy: 'have the identity certified anew for the same name and key',
    },
  );
}
