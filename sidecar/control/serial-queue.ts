/** Runs one piece of work after the other, in the order asked for; a failure is the asker's alone. */
export class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve();

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.tail.then(work);
    this.tail = result.catch(() => undefined);
    return result;
  }

  /** Resolves when nothing is left to do, what was asked for meanwhile included. */
  async idle(): Promise<void> {
    for (let seen: unknown; seen !== this.tail;) {
      seen = this.tail;
      await seen;
    }
  }
}
