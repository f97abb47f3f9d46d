import type { Clock } from '../../lib/clock';
import type { Logger } from '../../lib/log';
import type { BrokerPlan } from '../../plan/broker-plan';

/**
 * seen: the source has given it, verified. planned: what the broker must be is known. applied: the broker is so, and
 * says so itself. proven: it was used, and does as it says.
 */
export const CHANGE_STEPS = ['seen', 'planned', 'applied', 'proven'] as const;
export type ChangeStep = (typeof CHANGE_STEPS)[number];

/** A change that has ended, with the time of each step that it came to, milliseconds since the epoch. */
export interface TracedChange {
  readonly change: string;
  readonly why: string;
  readonly steps: readonly { readonly step: ChangeStep; readonly at: number }[];
  readonly endedAt: number;
  /** What it has changed; absent where it is not live. */
  readonly outcome?: ChangeOutcome;
  /** Why it is not live; absent where it is. */
  readonly error?: unknown;
}

/** How many peers a change has let in, turned out and left. */
export interface ChangeOutcome {
  readonly peers: number;
  readonly added: number;
  readonly removed: number;
  /** Steps that the broker was changed by. */
  readonly changes: number;
}

export type ChangeTracer = (traced: TracedChange) => void;

export interface ChangeWayOptions {
  readonly change: string;
  readonly why: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
  readonly trace?: ChangeTracer;
}

/** One change on its way from the source to the live broker: every line of the log about it bears its id. */
export class ChangeWay {
  readonly change: string;
  readonly why: string;
  readonly seenAt: number;
  private steps: { readonly step: ChangeStep; readonly at: number }[] = [];

  constructor(private readonly options: ChangeWayOptions) {
    this.change = options.change;
    this.why = options.why;
    this.seenAt = options.clock.now();
    this.reached('seen');
  }

  reached(step: ChangeStep): void {
    const { clock, log } = this.options;
    const at = clock.now();
    this.steps.push({ step, at });
    log.debug(`change: ${step}`, { change: this.change, why: this.why, afterMs: at - this.seenAt });
  }

  /** It is live: `before` is what was live until then. */
  live(before: BrokerPlan | undefined, plan: BrokerPlan, changes: readonly unknown[]): void {
    const [had, has] = [namesOf(before), namesOf(plan)];
    const added = [...has].filter((name) => !had.has(name)).length;
    const removed = [...had].filter((name) => !has.has(name)).length;
    this.end({ outcome: { peers: has.size, added, removed, changes: changes.length } });
  }

  failed(error: unknown): void {
    this.end({ error });
  }

  /** Each attempt is traced from the moment that it began. */
  private end(how: Pick<TracedChange, 'outcome' | 'error'>): void {
    const { clock, trace } = this.options;
    const endedAt = clock.now();
    const { change, why, steps } = this;
    trace?.({ change, why, steps, endedAt, ...how });
    this.steps = [{ step: 'seen', at: endedAt }];
  }
}

function namesOf(plan: BrokerPlan | undefined): ReadonlySet<string> {
  return new Set(plan?.bridges.map(({ name }) => name));
}
