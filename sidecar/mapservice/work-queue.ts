import { StoreError } from './store-error';
import type { RegistryEvent } from './registry-event';

/** What somebody wants of the registry: looked at in turn, each with the state that the ones before it have left. */
export interface Intent<Result> {
  /** Decides by the state at this moment; throws to refuse. */
  decide(): { readonly events: readonly RegistryEvent[]; readonly result: Result };
}

export interface WorkQueueTarget {
  apply(event: RegistryEvent): void;
  /** Makes events durable: all of them or, when it rejects, none. */
  keep(events: readonly RegistryEvent[]): Promise<void>;
  /** Back to what is durable. */
  restore(): Promise<void>;
  /** Called with the state durable, before the next batch; `hasChanged` tells whether the map may say something else. */
  settled(hasChanged: boolean): Promise<void>;
}

interface Waiting {
  /** Events, and what to call when they are durable. */
  run(): { readonly events: readonly RegistryEvent[]; readonly done: () => void };
  fail(error: unknown): void;
}

const BATCH = 512;

/** Puts intents into batches, so that many share one write to the disk; each is answered when its events are safe. */
export class WorkQueue {
  private waiting: Waiting[] = [];
  private working: Promise<void> | undefined;
  private isDue = false;
  private isOver = false;

  constructor(private readonly target: WorkQueueTarget) {}

  /** Resolves when the intent's events are durable; rejects with what its decision threw, or with StoreError. */
  submit<Result>(intent: Intent<Result>): Promise<Result> {
    if (this.isOver)
      return Promise.reject(new StoreError('STORE_FAILED', 'the service takes no more changes', 'start it again'));
    return new Promise((resolve, reject) => {
      this.waiting.push({
        run() {
          const { events, result } = intent.decide();
          return { events, done: () => resolve(result) };
        },
        fail: reject,
      });
      this.begin();
    });
  }

  /** Has `settled` called soon, even when nothing is waiting. */
  nudge(): void {
    this.isDue = true;
    this.begin();
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.working;
  }

  private begin(): void {
    this.working ??= this.work();
  }

  private async work(): Promise<void> {
    // Whoever submits in the same turn of the event loop comes along.
    await Promise.resolve();
    while (this.waiting.length > 0 || this.isDue) {
      this.isDue = false;
      const hasChanged = await this.batch(this.waiting.splice(0, BATCH));
      await this.target.settled(hasChanged);
    }
    // In the same step as the last look at what waits: nobody may come in between and be forgotten.
    this.working = undefined;
  }

  private async batch(batch: readonly Waiting[]): Promise<boolean> {
    const events: RegistryEvent[] = [];
    const done: (() => void)[] = [];
    const decided: Waiting[] = [];
    for (const waiting of batch) {
      try {
        const outcome = waiting.run();
        for (const event of outcome.events) this.target.apply(event);
        events.push(...outcome.events);
        done.push(outcome.done);
        decided.push(waiting);
      } catch (error) {
        waiting.fail(error);
      }
    }
    try {
      if (events.length > 0) await this.target.keep(events);
    } catch (error) {
      const isBack = await this.target.restore().then(
        () => true,
        () => false,
      );
      for (const waiting of decided) waiting.fail(error);
      // What is in memory is not what is on the disk: nothing more may be decided by it.
      if (!isBack) this.giveUp(error);
      return false;
    }
    for (const each of done) each();
    return events.some(({ kind }) => kind !== 'refreshed' && kind !== 'acknowledged');
  }

  private giveUp(error: unknown): void {
    this.isOver = true;
    for (const waiting of this.waiting.splice(0)) waiting.fail(error);
  }
}
