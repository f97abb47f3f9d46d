import { delay, type Clock } from '../../lib/clock';
import type { DemoNode } from './demo-node';
import { trueMessage } from './exchange';
import { directions } from './scene';

const PAUSE_MS = 150;

/** Messages in all directions, round after round, until it is stopped. */
export class Traffic {
  private readonly end = new AbortController();
  private readonly sending: Promise<void>;
  private rounds = 0;

  constructor(
    private readonly nodes: readonly DemoNode[],
    private readonly clock: Clock,
  ) {
    this.sending = this.send();
    // `stop` hears of it.
    this.sending.catch(() => undefined);
  }

  /** Resolves when a round that began after the call has been sent and has come. */
  async round(): Promise<void> {
    const round = this.rounds + 1;
    while (this.rounds < round + 1) {
      await Promise.race([delay(this.clock, PAUSE_MS), this.sending]);
      if (this.end.signal.aborted) return;
    }
    await this.delivered(round);
  }

  /** Ends it, waits until everything has come, and answers how many messages that were. Throws what went wrong. */
  async stop(): Promise<number> {
    this.end.abort();
    await this.sending;
    for (let round = 0; round < this.rounds; round += 1) await this.delivered(round);
    return this.rounds * directions(this.nodes).length;
  }

  private async send(): Promise<void> {
    while (!this.end.signal.aborted) {
      const round = this.rounds;
      await Promise.all(directions(this.nodes).map(([from, to]) => from.send(to, textOf(round, from))));
      this.rounds = round + 1;
      await delay(this.clock, PAUSE_MS);
    }
  }

  private async delivered(round: number): Promise<void> {
    await Promise.all(directions(this.nodes).map(([from, to]) => trueMessage(from, to, textOf(round, from))));
  }
}

function textOf(round: number, from: DemoNode): string {
  return `business as usual ${round} of ${from.short}`;
}
