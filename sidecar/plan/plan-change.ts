import { printable } from '../lib/log-text';

/** Whom a change can touch besides the one it is for. A user counts as a peer. */
export type PlanBlast = 'nothing' | 'one peer' | 'clients of an acceptor' | 'restart';

export type PlanChangeKind =
  | 'broker-appears'
  | 'identity-joins'
  | 'identity-leaves'
  | 'service-joins'
  | 'service-leaves'
  | 'peer-joins'
  | 'peer-leaves'
  | 'peer-moves'
  | 'peer-trust'
  | 'peer-renames'
  | 'peer-links'
  | 'peer-grants'
  | 'user-joins'
  | 'user-leaves'
  | 'user-password'
  | 'user-grants'
  | 'acceptor'
  | 'setting';

/** One difference between two plans, in words of the domain. */
export interface PlanChange {
  readonly kind: PlanChangeKind;
  /** The peer's or own X.500 name as Corda spells it, a service's queue, an acceptor, a user or a setting. */
  readonly subject: string;
  /** The peer's id; absent for what concerns no single peer. */
  readonly peer?: string;
  /** What happens; reads on after the subject. */
  readonly what: string;
  readonly why: string;
  readonly blast: PlanBlast;
}

/** Lines of each kind that are shown before the rest is only counted. */
const MOST_LINES = 20;

const BLAST_TEXT: Readonly<Record<PlanBlast, string>> = {
  nothing: 'touches nobody else',
  'one peer': 'touches one peer',
  'clients of an acceptor': 'touches the clients of an acceptor',
  restart: 'touches everybody, by a restart',
};

/**
 * Changes as text, one a line, in their order: `SUBJECT WHAT, because WHY (BLAST)`. Of more than 20 of one kind the
 * first 20 are shown, then how many more there are. Control characters are escaped: names are what peers chose.
 */
export function describePlanChanges(changes: readonly PlanChange[]): string {
  if (changes.length === 0) return 'no changes\n';
  const total = new Map<string, number>();
  for (const { kind } of changes) total.set(kind, (total.get(kind) ?? 0) + 1);
  const seen = new Map<string, number>();
  const lines = changes.flatMap(({ kind, subject, what, why, blast }) => {
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    if (count <= MOST_LINES) return [`${subject} ${what}, because ${why} (${BLAST_TEXT[blast]})`];
    if (count === MOST_LINES + 1) return [`and ${(total.get(kind) ?? 0) - MOST_LINES} more ${KIND_TEXT[kind]}`];
    return [];
  });
  return lines.map((line) => `${printable(line)}\n`).join('');
}

const KIND_TEXT: Readonly<Record<PlanChangeKind, string>> = {
  'broker-appears': 'brokers',
  'identity-joins': 'own identities',
  'identity-leaves': 'own identities that leave',
  'service-joins': 'services',
  'service-leaves': 'services that leave',
  'peer-joins': 'peers that join',
  'peer-leaves': 'peers that leave',
  'peer-moves': 'peers with other addresses',
  'peer-trust': 'peers with another node CA',
  'peer-renames': 'peers with another name',
  'peer-links': 'changes of what peers receive',
  'peer-grants': 'peers with other permissions',
  'user-joins': 'users',
  'user-leaves': 'users who leave',
  'user-password': 'users with another password',
  'user-grants': 'users with other permissions',
  acceptor: 'acceptors',
  setting: 'settings',
};
