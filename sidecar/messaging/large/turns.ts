interface Waiting {
  readonly whose: string;
  readonly go: (taken: boolean) => void;
}

/** So many at once; who waits gets his turn before one who had one later. */
export class Turns {
  private readonly waiting: Waiting[] = [];
  private readonly lastTurn = new Map<string, number>();
  private taken = 0;
  private count = 0;

  constructor(private readonly most: number) {}

  get isWanted(): boolean {
    return this.waiting.length > 0;
  }

  /** Resolves with true when it is his turn, which he gives back; with false when the signal is aborted before. */
  take(whose: string, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        whose,
        go: (taken) => {
          signal.removeEventListener('abort', leave);
          resolve(taken);
        },
      };
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        waiting.go(false);
      };
      signal.addEventListener('abort', leave);
      this.waiting.push(waiting);
      this.next();
    });
  }

  giveBack(): void {
    this.taken -= 1;
    this.next();
  }

  private next(): void {
    while (this.taken < this.most) {
      const longest = this.waiting.reduce<Waiting | undefined>(
        (best, each) => (best === undefined || this.last(each) < this.last(best) ? each : best),
        undefined,
      );
      if (longest === undefined) {
        if (this.taken === 0) this.lastTurn.clear();
        return;
      }
      this.waiting.splice(this.waiting.indexOf(longest), 1);
      this.taken += 1;
      this.count += 1;
      this.lastTurn.set(longest.whose, this.count);
      longest.go(true);
    }
  }

  private last({ whose }: Waiting): number {
    return this.lastTurn.get(whose) ?? 0;
  }
}
