import type { X500Name } from '../certificates/x500-name';
import { NetmapError } from '../lib/errors';
import type { IdentityRole } from './identity';
import { NodeNames } from './merge-names';
import { peerId, type Peer } from './peer';

/**
 * Why a verified NodeInfo is not taken into the map:
 * - MERGE_SERIAL_OLD: a newer one of the same node has been taken before
 * - MERGE_SUPERSEDED: a newer one of the same node is there as well
 * - MERGE_SERIAL_AMBIGUOUS: another of the same node has the same serial and says something else
 * - MERGE_NAME_TAKEN: another node or service has the name, with another key
 * - MERGE_KEY_TAKEN: another node has the key, under another name or in another role
 * - MERGE_NAME_WITHIN: its name lies within the name of another node, or that one's within its own
 */
export type MergeErrorCode =
  | 'MERGE_SERIAL_OLD'
  | 'MERGE_SUPERSEDED'
  | 'MERGE_SERIAL_AMBIGUOUS'
  | 'MERGE_NAME_TAKEN'
  | 'MERGE_KEY_TAKEN'
  | 'MERGE_NAME_WITHIN';

export class MergeError extends NetmapError<MergeErrorCode> {}

/** A verified peer and where it was read. */
export interface SourcedPeer {
  readonly peer: Peer;
  /** Names the input among all of its source, such as a file's name. */
  readonly origin: string;
  /** Differs whenever the content differs. */
  readonly version: string;
  /** Where two nodes contend for a name or a key, the lower wins, even over the one that was known before; 0 unless given. */
  readonly precedence?: number;
}

/** The highest serial that was taken of each node, by `peerId`. */
export type KnownSerials = ReadonlyMap<string, bigint>;

export interface MergeResult {
  /** Each node once, in the order of their names. */
  readonly peers: readonly SourcedPeer[];
  readonly refused: readonly { readonly candidate: SourcedPeer; readonly error: MergeError }[];
  /** The known serials with those of `peers`; nodes that have left stay in. */
  readonly serials: KnownSerials;
}

/**
 * Makes one map of what was read: each name has one key, and each legal key one node. Where two of equal precedence
 * contend, the node that is known already keeps its place, else the first by origin. Services may be shared. No node's name lies within
 * another's: to TLS, a CA that may issue a name may issue every name within it. The order of `candidates` does not
 * matter.
 */
export function mergePeers(candidates: readonly SourcedPeer[], known: KnownSerials): MergeResult {
  const taken: SourcedPeer[] = [];
  const refused: { candidate: SourcedPeer; error: MergeError }[] = [];
  const registry = new Registry();
  const serials = new Map(known);
  for (const versions of byNode(candidates, known)) {
    let current: SourcedPeer | undefined;
    for (const candidate of versions) {
      const error = current === undefined ? entryError(candidate, known, registry) : versionError(candidate, current);
      if (error !== undefined) refused.push({ candidate, error });
      else current ??= candidate;
    }
    if (current === undefined) continue;
    registry.add(current);
    taken.push(current);
    serials.set(peerId(current.peer), current.peer.serial);
  }
  return { peers: taken.sort((a, b) => compare(nameOf(a).key(), nameOf(b).key())), refused, serials };
}

/** The candidates of each node, newest first; the nodes by precedence. */
function byNode(candidates: readonly SourcedPeer[], known: KnownSerials): SourcedPeer[][] {
  const ordered = [...candidates].sort((a, b) => compare(b.peer.serial, a.peer.serial) || compare(a.origin, b.origin));
  const groups = new Map<string, SourcedPeer[]>();
  for (const candidate of ordered) {
    const group = groups.get(peerId(candidate.peer));
    if (group === undefined) groups.set(peerId(candidate.peer), [candidate]);
    else group.push(candidate);
  }
  const rank = ([id, [first]]: [string, SourcedPeer[]]): string => {
    return `${first?.precedence ?? 0} ${known.has(id) ? 0 : 1} ${first?.origin ?? ''}`;
  };
  return [...groups].sort((a, b) => compare(rank(a), rank(b))).map(([, group]) => group);
}

function entryError(candidate: SourcedPeer, known: KnownSerials, registry: Registry): MergeError | undefined {
  const { serial } = candidate.peer;
  const last = known.get(peerId(candidate.peer));
  if (last === undefined || serial >= last) return registry.conflict(candidate);
  const message = `${describe(candidate)} has serial ${serial.toString()}, older than ${last.toString()}, which was taken before`;
  return new MergeError('MERGE_SERIAL_OLD', message, { remedy: 'Take the newest NodeInfo of this node.' });
}

function versionError(candidate: SourcedPeer, current: SourcedPeer): MergeError | undefined {
  const remedy = 'Keep one NodeInfo a node.';
  if (candidate.peer.serial < current.peer.serial) {
    const message = `${describe(candidate)} is superseded by the newer one from ${current.origin}`;
    return new MergeError('MERGE_SUPERSEDED', message, { remedy });
  }
  if (candidate.version === current.version) return undefined;
  const message = `${describe(candidate)} has the same serial as the one from ${current.origin}, and other content`;
  return new MergeError('MERGE_SERIAL_AMBIGUOUS', message, { remedy });
}

/** Who has which name and key among the nodes that were taken. */
class Registry {
  private readonly byName = new Map<string, { id: string; origin: string }>();
  private readonly byId = new Map<string, { name: string; role: IdentityRole; origin: string }>();
  private readonly nodeNames = new NodeNames();

  add({ peer, origin }: SourcedPeer): void {
    for (const { id, name, role } of [...peer.identities, ...peer.services]) {
      this.byName.set(name.key(), { id, origin });
      this.byId.set(id, { name: name.key(), role, origin });
    }
    this.nodeNames.add(peer.identities[0].name, origin);
  }

  conflict(candidate: SourcedPeer): MergeError | undefined {
    for (const identity of [...candidate.peer.identities, ...candidate.peer.services]) {
      const sameName = this.byName.get(identity.name.key());
      if (sameName !== undefined && sameName.id !== identity.id) {
        return taken(
          'MERGE_NAME_TAKEN',
          candidate,
          `the name ${identity.name.toCorda()}, with another key`,
          sameName.origin,
        );
      }
      const sameKey = this.byId.get(identity.id);
      const shared = identity.role === 'service' && sameKey?.role === 'service' && sameKey.name === identity.name.key();
      if (sameKey !== undefined && !shared) {
        return taken('MERGE_KEY_TAKEN', candidate, `the key ${identity.id}`, sameKey.origin);
      }
    }
    const related = this.nodeNames.related(nameOf(candidate));
    if (related === undefined) return undefined;
    const what = `the name ${related.name.toCorda()}, and one of the two names lies within the other`;
    return taken('MERGE_NAME_WITHIN', candidate, what, related.origin);
  }
}

function taken(code: MergeErrorCode, candidate: SourcedPeer, what: string, holder: string): MergeError {
  const remedy = 'Ask the network operator which of the two is right, and remove the other.';
  return new MergeError(code, `${describe(candidate)} cannot be taken: the node from ${holder} has ${what}`, {
    remedy,
  });
}

function nameOf({ peer }: SourcedPeer): X500Name {
  return peer.identities[0].name;
}

function describe(candidate: SourcedPeer): string {
  return `The NodeInfo of ${nameOf(candidate).toCorda()} from ${candidate.origin}`;
}

function compare<Value extends string | bigint>(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
