import type { Clock } from '../lib/clock';
import { AuthorityError } from './authority-error';
import { DatabaseFolder, PeerFile } from './database-folder';
import { readOwnRoot } from './read-database';
import { MOST_QUEUES, readPeerRoot, readQueues } from './read-peer';
import { deactivated, knownPeer } from './register-peer';
import { nodeInfoFiles, otherRoot } from './sign-peer';
import type { InfoBundle } from './verify-bundle';
import { putFile, replaceFolder, withDatabaseLock } from './write-database';

export interface PeerChange {
  /** How many queues carry messages to it from now on. */
  readonly queues?: number;
  /** What it says of itself from now on; verified. */
  readonly bundle?: InfoBundle;
}

export interface ReconfiguredPeer {
  readonly id: string;
  readonly queues: number;
  /** The day of what the peer says of itself, where it says one. */
  readonly updatedAt: string | undefined;
}

/**
 * Changes what is kept of a peer. Throws AuthorityError PEER_UNKNOWN, PEER_DEACTIVATED, PEER_QUEUES, PEER_OTHER_ROOT,
 * PEER_BUNDLE_OLD, DATABASE_…; then nothing is changed.
 */
export async function reconfigurePeer(path: string, id: string, change: PeerChange): Promise<ReconfiguredPeer> {
  const folder = new DatabaseFolder(path);
  const own = await readOwnRoot(folder);
  const peer = await knownPeer(folder, id);
  return withDatabaseLock(folder, async () => {
    if (await peer.has(PeerFile.deactivated)) throw deactivated(id);
    const root = await readPeerRoot(peer, id, own);
    const before = await readQueues(peer);
    const { bundle, queues = before } = change;
    const updatedAt = await peer.optionalLine(PeerFile.updatedAt);
    checkQueues(id, before, queues);
    if (bundle !== undefined) {
      if (!bundle.root.certificate.equals(root.certificate)) throw otherRoot(id);
      checkNewer(id, updatedAt, bundle.updatedAt);
      await replaceFolder(peer.at(PeerFile.nodeInfo), nodeInfoFiles(bundle));
    }
    await putFile(peer.at(PeerFile.queues), `${queues}\n`);
    return { id, queues, updatedAt: bundle === undefined ? updatedAt : bundle.updatedAt };
  });
}

/** Ends all traffic with a peer, for good. Resolves to false when that was so already. Throws AuthorityError. */
export async function deactivatePeer(path: string, id: string, clock: Clock): Promise<boolean> {
  const folder = new DatabaseFolder(path);
  const peer = await knownPeer(folder, id);
  return withDatabaseLock(folder, async () => {
    if (await peer.has(PeerFile.deactivated)) return false;
    await putFile(peer.at(PeerFile.deactivated), `${new Date(clock.now()).toISOString().slice(0, 10)}\n`);
    return true;
  });
}

function checkQueues(id: string, before: number, queues: number): void {
  if (Number.isInteger(queues) && queues >= before && queues <= MOST_QUEUES) return;
  throw new AuthorityError('PEER_QUEUES', `${id} has ${before} queues, and cannot have ${queues}`, {
    remedy: `give ${before} to ${MOST_QUEUES}: fewer would leave messages behind, or mix up their order`,
  });
}

/** Days, as YYYY-MM-DD: of two bundles of one day nobody can tell which is newer. */
function checkNewer(id: string, before: string | undefined, after: string | undefined): void {
  if (before === undefined || (after !== undefined && after >= before)) return;
  throw new AuthorityError(
    'PEER_BUNDLE_OLD',
    `the bundle is of ${after ?? 'no day'}, and ${id} is known as of ${before}`,
    {
      remedy: 'ask the peer for a new one',
    },
  );
}
