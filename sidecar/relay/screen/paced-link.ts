import type { Clock } from '../../lib/clock';
import type { SourceLink } from '../../messaging/transport';
import type { Pace } from './pace';

/** When nothing much has come for so long, what was asked for is taken back but for a few. */
const QUIET_MS = 250;

/** Asks a link for messages as their pace says. */
export class PacedLink {
  /** Messages that have come and are not done with. */
  private open = 0;
  private isDraining = false;
  private isOver = false;
  private cancel: () => void = () => undefined;

  constructor(
    private readonly link: Pick<SourceLink, 'addCredit' | 'drain'>,
    private readonly pace: Pace,
    private readonly clock: Clock,
  ) {}

  /** Asks for what may be asked for now. */
  ask(): void {
    if (this.isDraining || this.isOver) return;
    const credit = this.pace.ask();
    if (credit > 0) this.link.addCredit(credit);
    if (this.pace.isMuch) this.wait(QUIET_MS, () => void this.drain());
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

  private async drain(): Promise<void> {
    if (!this.pace.isMuch) return;
    this.isDraining = true;
    await this.link.drain();
    this.isDraining = false;
    this.pace.drained(this.open);
    this.ask();
  }

  private wait(ms: number, then: () => void): void {
    this.cancel();
    this.cancel = this.clock.after(ms, then);
  }
}
