import type { BlastRadius } from '../../broker/reconcile/change';
import type { PlanChange } from '../../plan/plan-change';
import type { Problem } from '../status';

/** One change of map or users, or one repair, as it ended. */
export interface LoggedChange {
  /** The id that is on each line of the log about it. */
  readonly change: string;
  readonly outcome: 'live' | 'refused' | 'repaired';
  /** When it ended, milliseconds since the epoch. */
  readonly at: number;
  /** Since map or users were seen. */
  readonly tookMs: number;
  readonly why: string;
  /** Whom it could touch at most. */
  readonly blast: BlastRadius;
  /** In words of the domain; the first ones where there are many. */
  readonly lines: readonly Pick<PlanChange, 'subject' | 'what' | 'why' | 'blast'>[];
  /** Lines that are not among them. */
  readonly more: number;
  /** Why it was refused. */
  readonly problem?: Problem;
}

export interface ChangeCounts {
  readonly applied: Readonly<Record<BlastRadius, number>>;
  /** By error code. */
  readonly refused: ReadonlyMap<string, number>;
}

export type EndedChange = Pick<LoggedChange, 'change' | 'at' | 'tookMs' | 'why'> & {
  readonly changes: readonly Pick<PlanChange, 'subject' | 'what' | 'why' | 'blast'>[];
};

const MOST_CHANGES = 20;
const MOST_LINES = 40;
/** Codes are the product's own, and few; an unforeseen flood of them must not become one of metrics. */
const MOST_CODES = 40;
const BY_HARM: readonly BlastRadius[] = ['nothing', 'one peer', 'clients of an acceptor', 'restart'];

/** The last changes, the newest first, and how many there were since the start. */
export class ChangeLog {
  private entries: readonly LoggedChange[] = [];
  private readonly applied: Record<BlastRadius, number> = {
    nothing: 0,
    'one peer': 0,
    'clients of an acceptor': 0,
    restart: 0,
  };
  private readonly refusals = new Map<string, number>();

  /** The same list as before while nothing was added. */
  list(): readonly LoggedChange[] {
    return this.entries;
  }

  counts(): ChangeCounts {
    return { applied: { ...this.applied }, refused: new Map(this.refusals) };
  }

  live(ended: EndedChange): void {
    this.applied[blastOf(ended)] += 1;
    this.add('live', ended);
  }

  repaired(ended: EndedChange): void {
    this.add('repaired', ended);
  }

  refused(ended: EndedChange, problem: Problem): void {
    const code = this.refusals.has(problem.code) || this.refusals.size < MOST_CODES ? problem.code : 'OTHER';
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    this.add('refused', ended, problem);
  }

  private add(outcome: LoggedChange['outcome'], { changes, ...ended }: EndedChange, problem?: Problem): void {
    const lines = changes.slice(0, MOST_LINES).map(({ subject, what, why, blast }) => ({ subject, what, why, blast }));
    const more = changes.length - lines.length;
    const entry = { ...ended, outcome, blast: blastOf({ changes }), lines, more, ...(problem && { problem }) };
    this.entries = [entry, ...this.entries].slice(0, MOST_CHANGES);
  }
}

function blastOf({ changes }: Pick<EndedChange, 'changes'>): BlastRadius {
  return BY_HARM[Math.max(0, ...changes.map(({ blast }) => BY_HARM.indexOf(blast)))] ?? 'nothing';
}
