import { cordaAddresses } from './address-profile';
import { addressText } from './address-text';
import type { Bridge, BrokerPlan } from './broker-plan';
import type { PlanChange } from './plan-change';
import type { PeerPart, PlanParts } from './plan-parts';
import { sameValue } from './same-value';

/** What tells a change of one peer from one of the node itself, which shows at every peer. */
interface Context {
  /** The node receives as others than before: each peer has other ingress addresses. */
  readonly otherIdentities: boolean;
  /** Each peer's queue has another size filter. */
  readonly otherSizes: boolean;
  /** Each peer is sent from another id. */
  readonly otherOwnId: boolean;
  readonly isService: (queue: string) => boolean;
}

export interface PeerChanges {
  /** Peers whose name comes back with another key. */
  readonly rekeyed: PlanChange[];
  readonly joining: PlanChange[];
  readonly changing: PlanChange[];
  readonly leaving: PlanChange[];
}

const IN_MAP = 'the network map names it';
const NOT_IN_MAP = 'the network map no longer names it';
const NEW_INFO = 'its NodeInfo says so';
const AS_PLANNED = 'the plan differs';

export function diffPeers(before: BrokerPlan, after: BrokerPlan, old: PlanParts, current: PlanParts): PeerChanges {
  const otherOwnId = before.ownId !== after.ownId;
  const context: Context = {
    otherOwnId,
    otherIdentities: otherOwnId || !sameValue(before.staticAddresses, after.staticAddresses),
    otherSizes: before.maxMessageSize !== after.maxMessageSize,
    isService: (queue) => current.shared.has(queue) || old.shared.has(queue),
  };
  const isOwn = (id: string): boolean => id === before.ownId || id === after.ownId;
  const came = [...current.peers].filter(([id]) => !isOwn(id) && !old.peers.has(id));
  const went = [...old.peers].filter(([id]) => !isOwn(id) && !current.peers.has(id));
  const oldNames = new Set(went.map(([id, part]) => nameOf(id, part)));
  const newNames = new Set(came.map(([id, part]) => nameOf(id, part)));
  const leaving = went.map(([id, part]) => leaves(id, part, newNames.has(nameOf(id, part))));
  const rekeyed = leaving.filter(({ subject }) => newNames.has(subject));
  return {
    rekeyed,
    joining: came.map(([id, part]) => joins(id, part, oldNames.has(nameOf(id, part)))),
    changing: [...current.peers].flatMap(([id, part]) => {
      const previous = old.peers.get(id);
      return isOwn(id) || previous === undefined ? [] : changes(context, id, previous, part);
    }),
    leaving: leaving.filter(({ subject }) => !newNames.has(subject)),
  };
}

function nameOf(id: string, { bridge }: PeerPart): string {
  return bridge?.peerName ?? id;
}

function joins(id: string, part: PeerPart, rekeyed: boolean): PlanChange {
  const at = part.bridge === undefined ? 'without a bridge' : `at ${addressText(part.bridge.addresses)}`;
  return {
    kind: 'peer-joins',
    subject: nameOf(id, part),
    peer: id,
    what: rekeyed ? `joins with a new identity key ${at}` : `joins ${at}`,
    why: IN_MAP,
    blast: 'nothing',
  };
}

function leaves(id: string, part: PeerPart, rekeyed: boolean): PlanChange {
  return {
    kind: 'peer-leaves',
    subject: nameOf(id, part),
    peer: id,
    what: `${rekeyed ? 'leaves with its old identity key' : 'leaves'}: its bridge stops, its permission goes, its queue stays`,
    why: NOT_IN_MAP,
    blast: 'one peer',
  };
}

function changes(context: Context, id: string, old: PeerPart, current: PeerPart): PlanChange[] {
  const subject = nameOf(id, current);
  const found: PlanChange[] = [];
  const add = (kind: PlanChange['kind'], what: string, why: string): void => {
    found.push({ kind, subject, peer: id, what, why, blast: 'one peer' });
  };
  const [was, is] = [old.bridge, current.bridge];
  if (was?.peerName !== is?.peerName && was !== undefined && is !== undefined) {
    add('peer-renames', `changes its name: certificates of ${was.peerName} are refused`, NEW_INFO);
  } else if (!sameValue(old.logins, current.logins)) {
    add('peer-grants', 'logs in by another certificate subject or role', AS_PLANNED);
  }
  if (was === undefined || is === undefined) {
    if (was !== is) add('peer-links', is === undefined ? 'loses its bridge' : 'gets a bridge', AS_PLANNED);
  } else {
    if (!sameValue(was.addresses, is.addresses)) {
      const [from, to] = [addressText(was.addresses), addressText(is.addresses)];
      if (from !== to) add('peer-moves', `changes its address from ${from} to ${to}`, NEW_INFO);
    }
    if (was.trust !== is.trust) {
      add('peer-trust', 'changes its node CA certificate: its bridge trusts the new one alone', NEW_INFO);
    }
    for (const [what, why] of linkChanges(context, was, is)) add('peer-links', what, why);
  }
  const linked = found.some(({ kind }) => kind === 'peer-links');
  if (context.otherIdentities) return found;
  if (!sameValue(old.grants, current.grants)) add('peer-grants', 'gets other permissions', AS_PLANNED);
  else if (!linked && !context.otherSizes && !sameValue(old.declared, current.declared)) {
    add('peer-grants', 'gets other addresses or queues', AS_PLANNED);
  }
  return found;
}

function linkChanges(context: Context, was: Bridge, is: Bridge): (readonly [string, string])[] {
  if (sameValue(was.links, is.links) && was.name === is.name) return [];
  const from = new Map(was.links.map(({ queue, remoteAddress }) => [queue, remoteAddress]));
  const to = new Map(is.links.map(({ queue, remoteAddress }) => [queue, remoteAddress]));
  const known = new Set([...from.keys()].map((queue) => cordaAddresses.waitsFor(queue)));
  const found: (readonly [string, string])[] = [];
  for (const [queue, remote] of to) {
    const previous = from.get(queue);
    if (previous === undefined) {
      const more = known.has(cordaAddresses.waitsFor(queue)) ? 'has one queue more' : 'has one identity more';
      found.push([`${context.isService(queue) ? 'advertises a service' : more}: ${queue}`, NEW_INFO]);
    } else if (previous !== remote && !context.otherOwnId) {
      found.push([`is sent ${queue} at ${remote} in place of ${previous}`, AS_PLANNED]);
    }
  }
  for (const queue of from.keys()) {
    if (to.has(queue)) continue;
    const what = context.isService(queue) ? 'no longer advertises a service' : 'has one identity less';
    found.push([`${what}: ${queue} stays, and is not carried to it`, NEW_INFO]);
  }
  if (found.length === 0 && was.name !== is.name) found.push(['gets another connection name', AS_PLANNED]);
  return found;
}
