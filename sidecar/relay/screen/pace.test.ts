import { ManualClock } from '../../lib/clock';
import { Pace } from './pace';

/** A screen that is always given all that it asks for, on a machine where `share` of its time goes by without a processor. */
class Busy {
  readonly clock = new ManualClock(1_000);
  share: number | undefined = 0;
  private waitedMs = 0;
  readonly pace = new Pace({ clock: this.clock, waited: () => (this.share === undefined ? undefined : this.waitedMs) });
  private credit = this.pace.ask();
  private pauseMs: number | undefined;
  /** How many were asked for at once, and after what pause. */
  readonly asked: [credit: number, pauseMs: number][] = [[this.credit, 0]];

  /** Handles `count` messages of `ms` milliseconds each. */
  async handle(count: number, ms = 1): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      if (this.credit === 0) {
        if (this.pauseMs === undefined) throw new Error('it has stopped asking');
        await this.clock.advance(this.pauseMs);
        this.take(this.pauseMs);
        this.pauseMs = undefined;
      }
      await this.clock.advance(ms);
      this.waitedMs += ms * (this.share ?? 0);
      this.credit -= 1;
      const pause = this.pace.settled();
      if (pause === 0) this.take(0);
      else this.pauseMs ??= pause;
    }
  }

  get pausedMs(): number {
    return this.asked.reduce((sum, [, pause]) => sum + pause, 0);
  }

  private take(pauseMs: number): void {
    const credit = this.pace.ask();
    this.asked.push([credit, pauseMs]);
    this.credit += credit;
  }
}

test('where there are processors enough it soon asks for 100 at a time, in parts', async () => {
  const busy = new Busy();
  await busy.handle(2_000);
  expect(busy.asked.slice(0, 2)).toEqual([
    [10, 0],
    [3, 0],
  ]);
  expect(busy.asked.slice(-3)).toEqual(Array(3).fill([25, 0]));
  expect(busy.pausedMs).toBe(0);
});

test('where it has to queue for a processor it asks for 10, and again after a pause', async () => {
  const busy = new Busy();
  busy.share = 0.25;
  await busy.handle(30, 2);
  expect(busy.asked).toEqual([
    [10, 0],
    [10, 100],
    [10, 100],
  ]);
});

test('after a second of pauses it goes on at full speed, however busy the processors are', async () => {
  const busy = new Busy();
  busy.share = 0.9;
  await busy.handle(3_000);
  expect(busy.pausedMs).toBe(1_000);
  expect(busy.asked.at(-1)).toEqual([25, 0]);
});

test('a burst after a quiet while is given way to anew', async () => {
  const busy = new Busy();
  busy.share = 0.9;
  await busy.handle(3_000);
  await busy.clock.advance(10_000);
  await busy.handle(3_000);
  expect(busy.pausedMs).toBe(2_000);
});

test('a burst that begins while 100 are under way: what was asked for comes, then few at a time', async () => {
  const busy = new Busy();
  await busy.handle(2_000);
  const before = busy.asked.length;
  busy.share = 0.9;
  await busy.handle(400, 2);
  const asked = busy.asked.slice(before);
  expect(asked.slice(0, 3)).toEqual(Array(3).fill([10, 100]));
});

test('a system that tells nothing is not busy', async () => {
  const busy = new Busy();
  busy.share = undefined;
  await busy.handle(2_000);
  expect(busy.asked.at(-1)).toEqual([25, 0]);
});
