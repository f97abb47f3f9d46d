import type { Clock } from '../../lib/clock';

/** Runs what is put into it later, in order, until it is cut. */
export class Pipe {
  private items: (() => void)[] = [];
  private cancel: (() => void) | undefined;
  private isCut = false;

  constructor(
    private readonly clock: Clock,
    private readonly delayMs: number,
  ) {}

  put(item: () => void): void {
    if (this.isCut) return;
    this.items.push(item);
    this.schedule();
  }

  /** Nothing comes out any more. */
  cut(): void {
    this.isCut = true;
    this.items = [];
    this.cancel?.();
  }

  /** What was put in before comes out together: whatever is put in meanwhile takes its own time. */
  private schedule(): void {
    this.cancel ??= this.clock.after(this.delayMs, () => {
      this.cancel = undefined;
      const due = this.items;
      this.items = [];
      for (const item of due) if (!this.isCut) item();
    });
  }
}
