import type { Clock } from '../../lib/clock';
import type { ReceiverLink } from '../../messaging/transport';
import type { Pace } from './pace';

/** After so long without much to do a burst is over. */
const QUIET_MS = 250;

/** Asks a link for messages as their pace says. */
export class PacedLink {
  /** Messages that have come and are not done with. */
  private open = 0;
  isOver = false;
  private cancel: () => void = () => undefined;

  constructor(
    private readonly link: Pick<ReceiverLink, 'addCredit' | 'close'>,
    private readonly pace: Pace,
    private readonly clock: Clock,
    /** This link is closed, and another is to be opened now: at this pace, or at one that begins anew. */
    private readonly reopen: (pace?: Pace) => void,
  ) {}

  /** Asks for what may be asked for now. */
  ask(): void {
    if (this.isOver) return;
    const credit = this.pace.ask();
    if (credit > 0) this.link.addCredit(credit);
    if (this.pace.isMuch) this.wait(QUIET_MS, () => this.rest());
  }

  came(): void {
    this.open += 1;
  }

  settled(): void {
    this.open -= 1;
    const pauseMs = this.pace.settled();
    if (pauseMs === 0) this.ask();
    else if (pauseMs !== undefined) this.wait(pauseMs, () => this.look());
    if (this.pace.isAway) this.link.close();
  }

  stop(): void {
    this.isOver = true;
    this.cancel();
  }

  private look(): void {
    const pauseMs = this.pace.look();
    if (pauseMs > 0) this.wait(pauseMs, () => this.look());
    else if (this.pace.isAway) this.reopen(this.pace);
    else this.ask();
  }

  /** A burst is over and much is still asked for: the next one should find another link, of which little is asked. */
  private rest(): void {
    if (!this.pace.isMuch) return;
    if (this.open > 0) {
      this.wait(QUIET_MS, () => this.rest());
      return;
    }
    this.link.close();
    this.reopen();
  }

  private wait(ms: number, then: () => void): void {
    this.cancel();
    this.cancel = this.clock.after(ms, then);
  }
}
