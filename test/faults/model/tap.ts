import type { Passage } from './model-management';

interface Failure {
  readonly what: RegExp;
  readonly error: Error;
  readonly done: boolean;
  times: number;
  after: number;
}

/** A way to disk and broker on which nothing is lost, and where single steps can be made to fail. */
export class Tap {
  /** Everything that was done, in order. */
  readonly seen: string[] = [];
  private readonly failures: Failure[] = [];

  /**
   * Of the steps that match, so many fail with `error`, after so many that go well; those that are `done` are carried
   * out nevertheless.
   */
  fail(what: RegExp, error: Error, { times = 1, after = 0, done = false } = {}): void {
    this.failures.push({ what, error, times, after, done });
  }

  readonly passage: Passage = async (what, effect) => {
    this.seen.push(what.trim());
    const failure = this.failures.find((one) => one.times > 0 && one.what.test(what));
    if (failure === undefined) return effect();
    if (failure.after > 0) {
      failure.after -= 1;
      return effect();
    }
    failure.times -= 1;
    if (failure.done) effect();
    throw failure.error;
  };

  /** What was done that changes something, and forgets it. */
  takeWrites(): string[] {
    const writes = this.seen.filter((what) => /^(write|remove|create|update|reload|start|stop)/.test(what));
    this.seen.length = 0;
    return writes.map((what) => what.replace(/ \{"name":"([^"]+)".*/, ' $1'));
  }
}
