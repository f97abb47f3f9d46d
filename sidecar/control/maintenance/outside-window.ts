import type { SourcedPeer } from '../../network/merge';
import { peerId, type Peer } from '../../network/peer';
import type { Identity } from '../../network/identity';
import type { MapSnapshot } from '../../sources/source';

/** How many peers wait for a window, by what waits. */
export interface Waiting {
  readonly joins: number;
  /** Other addresses, more names, other ways to carry messages. */
  readonly changes: number;
}

export interface OutsideWindow {
  /** What of the newest map is taken; with its parked inputs. */
  readonly snapshot: MapSnapshot;
  readonly waiting: Waiting;
}

/**
 * What of the newest map is taken while no window is open: whatever takes trust from somebody. Who is not on it any more
 * leaves, and a peer that has lost a name or a key, or has other certificates or another key, is taken as it is now. Who
 * joins waits, and who has moved or gained something stays as it was. The parameters are the network's, and hold on their day.
 */
export function outsideWindow(live: MapSnapshot, newest: MapSnapshot, ownId: string): OutsideWindow {
  const before = new Map(live.peers.map((one) => [peerId(one.peer), one]));
  const names = new Set(live.peers.map(nodeName));
  const serials = new Map(live.serials);
  let [joins, changes] = [0, 0];
  const peers = newest.peers.flatMap((next): SourcedPeer[] => {
    const id = peerId(next.peer);
    const last = before.get(id);
    // A node is not its own peer: nothing of its broker changes.
    const isKnown = id === ownId || names.has(nodeName(next));
    if (last === undefined && !isKnown) {
      joins += 1;
      return [];
    }
    if (last !== undefined && id !== ownId && canWait(last.peer, next.peer)) {
      changes += 1;
      return [last];
    }
    const serial = newest.serials.get(id);
    if (serial !== undefined) serials.set(id, serial);
    return [next];
  });
  return { snapshot: { ...newest, peers, serials }, waiting: { joins, changes } };
}

function nodeName({ peer }: SourcedPeer): string {
  return peer.identities[0].name.key();
}

/** Whether the peer has another face, and has lost nothing by which it was trusted. */
function canWait(last: Peer, next: Peer): boolean {
  if (last.nodeCa !== next.nodeCa || trustOf(last) !== trustOf(next)) return false;
  const [had, has] = [namesOf(last), namesOf(next)];
  if ([...had].some((name) => !has.has(name))) return false;
  return has.size > had.size || wayTo(last) !== wayTo(next);
}

function namesOf({ identities, services }: Peer): ReadonlySet<string> {
  const named = (kind: string, { id, name }: Identity): string => JSON.stringify([kind, id, name.key()]);
  return new Set([
    ...identities.map((identity) => named('identity', identity)),
    ...services.map((service) => named('service', service)),
  ]);
}

/** What a Swaptacular peer is trusted by and for. */
function trustOf({ swaptacular }: Peer): string {
  if (swaptacular === undefined) return '';
  const { nodeType, state, rootCertificate, subCa, peerCertificate, subnet } = swaptacular;
  return JSON.stringify([nodeType, state, rootCertificate, subCa, peerCertificate, subnet]);
}

function wayTo({ addresses, swaptacular }: Peer): string {
  return JSON.stringify([addresses, swaptacular?.stomp, swaptacular?.queues]);
}
