import { ManualClock } from '../../lib/clock';
import { Pace } from './pace';

/** A screen that is always given all that it asks for, on a machine of which others leave `free` processors idle. */
class Machine {
  readonly clock = new ManualClock(1_000);
  private idled = 0;
  readonly pace: Pace;
  private credit: number;
  private pauseMs: number | undefined;
  /** How many were asked for at once, and after what pause. */
  readonly asked: [credit: number, pauseMs: number][];

  constructor(
    count: number,
    public free: number,
  ) {
    this.pace = new Pace({ clock: this.clock, processors: { count, idledMs: () => this.idled } });
    this.credit = this.pace.ask();
    this.asked = [[this.credit, 0]];
  }

  /** Handles `count` messages of a tenth of a millisecond each. */
  async handle(count: number): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      if (this.credit === 0) await this.endPause();
      await this.pass(0.1);
      this.credit -= 1;
      const pause = this.pace.settled();
      if (pause === 0) this.take(0);
      else this.pauseMs ??= pause;
    }
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    this.idled += ms * this.free;
  }

  get pausedMs(): number {
    return this.asked.reduce((sum, [, pause]) => sum + pause, 0);
  }

  async endPause(): Promise<void> {
    if (this.pauseMs === undefined) throw new Error('it has stopped asking');
    let pausedMs = 0;
    for (let ms = this.pauseMs; ms > 0; ms = this.pace.look()) {
      await this.pass(ms);
      pausedMs += ms;
    }
    this.pauseMs = undefined;
    this.take(pausedMs);
  }

  private take(pauseMs: number): void {
    const credit = this.pace.ask();
    this.asked.push([credit, pauseMs]);
    this.credit += credit;
  }
}

test.each([
  [2, 1.6],
  [1, 0.8],
  [16, 1.6],
])('of %i processors %d have nothing to do: one pause, then 100 at a time, in parts', async (count, free) => {
  const machine = new Machine(count, free);
  await machine.handle(2_000);
  expect(machine.asked.slice(-3)).toEqual(Array(3).fill([25, 0]));
  expect(machine.pausedMs).toBe(100);
});

test.each([
  [2, 1.4],
  [1, 0.7],
  [16, 1.4],
])('of %i processors %d have nothing to do: a pause of a second, then full speed', async (count, free) => {
  const machine = new Machine(count, free);
  await machine.handle(3_000);
  expect(machine.asked.slice(0, 3)).toEqual([
    [10, 0],
    [10, 1_000],
    [13, 0],
  ]);
  expect(machine.pausedMs).toBe(1_000);
  expect(machine.asked.at(-1)).toEqual([25, 0]);
});

test('a pause ends as soon as the processors have had nothing to do for a tenth of a second', async () => {
  const machine = new Machine(2, 0);
  machine.clock.after(450, () => (machine.free = 2));
  await machine.handle(3_000);
  expect(machine.pausedMs).toBe(500);
});

test('it is away while it pauses and has all that it asked for', () => {
  const pace = new Pace({ clock: new ManualClock(1_000), processors: { count: 2, idledMs: () => 0 } });
  expect(pace.ask()).toBe(10);
  const away: boolean[] = [];
  for (let done = 1; done <= 10; done += 1) {
    pace.settled();
    away.push(pace.isAway);
  }
  expect(away).toEqual([...Array<boolean>(9).fill(false), true]);
  pace.ask();
  expect(pace.isAway).toBe(false);
});

test('a burst after a quiet while is given way to anew', async () => {
  const machine = new Machine(2, 0);
  await machine.handle(3_000);
  await machine.pass(10_000);
  await machine.handle(3_000);
  expect(machine.pausedMs).toBe(2_000);
});

test('while it works at full speed it looks again each half second', async () => {
  const machine = new Machine(2, 2);
  await machine.handle(11_000);
  expect(machine.pausedMs).toBe(300);
  machine.free = 0;
  await machine.handle(5_000);
  expect(machine.pausedMs).toBe(1_000);
});

test('a few messages a second never wait', async () => {
  const machine = new Machine(2, 0);
  for (let second = 0; second < 50; second += 1) {
    await machine.handle(2);
    await machine.pass(300);
    if (second % 2 === 1) await machine.endPause();
  }
  expect(machine.asked.slice(1).every(([credit]) => credit === 4)).toBe(true);
});

test('a system that tells nothing has processors enough', async () => {
  const machine = new Machine(0, 0);
  await machine.handle(2_000);
  expect(machine.asked.at(-1)).toEqual([25, 0]);
});
