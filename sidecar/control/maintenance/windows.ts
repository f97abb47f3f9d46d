import { DAYS, type MaintenanceWindowConfig } from '../../config/config';
import { wallClock, type WallClock } from '../../lib/wall-clock';

/** When changes that can wait may go live. Times are milliseconds since the epoch. */
export interface MaintenanceWindows {
  isOpen(at: number): boolean;
  /** The first time after `at` when one is open; asked while none is. Undefined where none comes within two weeks. */
  nextOpening(at: number): number | undefined;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A window of one day a week may miss a week, where its whole time is skipped when the clocks go forward. */
const DAYS_AHEAD = 15;

/**
 * A window is open exactly while clocks on the wall of its zone show a time within it: it is shorter or longer where they
 * go forward or back meanwhile, and open twice where they show its time twice.
 */
export function maintenanceWindows(configs: readonly MaintenanceWindowConfig[]): MaintenanceWindows {
  const windows = configs.map((config) => new Window(config));
  return {
    isOpen: (at) => windows.some((window) => window.isOpen(at)),
    nextOpening(at) {
      const next = windows.map((window) => window.nextOpening(at)).filter((one) => one !== undefined);
      return next.length === 0 ? undefined : Math.min(...next);
    },
  };
}

class Window {
  private readonly days: ReadonlySet<number>;
  private readonly fromMs: number;
  private readonly lengthMs: number;
  private readonly wall: WallClock;

  constructor({ days, from, until, timeZone }: MaintenanceWindowConfig) {
    this.days = new Set(days.map((day) => DAYS.indexOf(day)));
    this.fromMs = ofDay(from);
    const length = ofDay(until) - this.fromMs;
    this.lengthMs = length > 0 ? length : length + DAY_MS;
    this.wall = wallClock(timeZone);
  }

  isOpen(at: number): boolean {
    const shown = this.wall(at);
    const today = Math.floor(shown / DAY_MS) * DAY_MS;
    return [today, today - DAY_MS].some((day) => {
      const since = shown - day - this.fromMs;
      return this.beginsOn(day) && since >= 0 && since < this.lengthMs;
    });
  }

  nextOpening(at: number): number | undefined {
    const today = Math.floor(this.wall(at) / DAY_MS) * DAY_MS;
    for (let ahead = -1; ahead <= DAYS_AHEAD; ahead += 1) {
      const day = today + ahead * DAY_MS;
      const found = this.beginsOn(day) ? this.openingOf(day, at) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** When after `at` the window that begins on that day is open first. */
  private openingOf(day: number, at: number): number | undefined {
    const begin = day + this.fromMs;
    const end = begin + this.lengthMs;
    const [before, after] = [this.offset(begin - DAY_MS), this.offset(end + DAY_MS)];
    if (before === after) return begin - before > at ? begin - before : undefined;
    // The clocks are changed near it: they may skip its beginning, or come back to it.
    const last = end - Math.min(before, after);
    for (let time = begin - Math.max(before, after); time < last; time += MINUTE_MS)
      if (time > at && this.isOpen(time)) return time;
    return undefined;
  }

  private beginsOn(day: number): boolean {
    return this.days.has((new Date(day).getUTCDay() + 6) % 7);
  }

  private offset(shown: number): number {
    return this.wall(shown) - shown;
  }
}

function ofDay(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return (hours * 60 + minutes) * MINUTE_MS;
}
