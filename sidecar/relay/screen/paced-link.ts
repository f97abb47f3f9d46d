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
    private readonly link: Pick<ReceiverLink, 'addCredit'>,
    private readonly pace: Pace,
    private readonly clock: Clock,
    /** A burst is over and much is still asked for: the next one should find another link, of which little is asked. */
    private readonly onQuiet: () => void,
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
    else if (pauseMs !== undefined) this.wait(pauseMs, () => this.ask());
  }

  stop(): void {
    this.isOver = true;
    this.cancel();
  }

  private rest(): void {
    if (!this.pace.isMuch) return;
    if (this.open === 0) this.onQuiet();
    else this.wait(QUIET_MS, () => this.rest());
  }

  private wait(ms: number, then: () => void): void {
    this.cancel();
    this.cancel = this.clock.after(ms, then);
  }
}
