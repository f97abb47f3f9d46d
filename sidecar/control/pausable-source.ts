import type { Clock } from '../lib/clock';
import { NetmapError } from '../lib/errors';
import type { MapSnapshot, MapSource, ParkedInput, SnapshotListener } from '../sources/source';
import { outsideWindow, type Waiting } from './maintenance/outside-window';
import type { MaintenanceWindows } from './maintenance/windows';
import type { Pause } from './pause-file';

/**
 * - MAP_PAUSED: the operator has the node take no changes of the map for now
 * - MAP_OUTSIDE_WINDOW: changes that can wait do so until a maintenance window opens
 */
export type MapPausedCode = 'MAP_PAUSED' | 'MAP_OUTSIDE_WINDOW';

export class MapPausedError extends NetmapError<MapPausedCode> {}

/** What has the newest map wait for windows. */
export interface Maintenance {
  readonly windows: MaintenanceWindows;
  /** When the operator last let through what waits; a rejection changes nothing. */
  readonly released: () => Promise<number | undefined>;
  readonly ownId: string;
}

export interface PausableSourceOptions {
  readonly source: MapSource;
  /** What the operator has said; a rejection changes nothing. */
  readonly pause: () => Promise<Pause | undefined>;
  readonly clock: Clock;
  /** Absent: every change goes through at once. */
  readonly maintenance?: Maintenance;
}

/** Time between two looks at what the operator has said, milliseconds. */
const LOOK_MS = 1_000;
/** As what a pause is shown among the inputs that are not taken. */
const ORIGIN = 'netmap pause';
const WINDOW_ORIGIN = 'maintenance window';

/**
 * Gives what another source gives, unless the operator has paused it: then who is on the map stays as it is, while all
 * else goes on, and the newest map is given when the pause ends. Outside of its maintenance windows, where there are any,
 * it gives only what takes trust from somebody. A node that starts takes the map once, as does one that knows nobody.
 */
export class PausableSource implements MapSource {
  private listener: SnapshotListener = () => undefined;
  private current: MapSnapshot;
  private newest: MapSnapshot;
  private pause: Pause | undefined;
  private isOpen = true;
  private released: number | undefined;
  private revision = 0;
  private isRunning = false;
  private cancel: () => void = () => undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: PausableSourceOptions) {
    this.newest = options.source.snapshot();
    this.current = this.newest;
  }

  async start(listener: SnapshotListener): Promise<void> {
    this.isRunning = true;
    let isFirst = true;
    this.listener = listener;
    this.pause = await this.read();
    this.released = await this.readRelease();
    await this.options.source.start((snapshot) => {
      this.newest = snapshot;
      if (isFirst) this.current = snapshot;
      isFirst = false;
      this.give();
    });
    this.lookLater();
  }

  async stop(): Promise<void> {
    this.isRunning = false;
    this.cancel();
    await this.looking;
    await this.options.source.stop();
  }

  snapshot(): MapSnapshot {
    return this.current;
  }

  private lookLater(): void {
    this.cancel = this.options.clock.after(LOOK_MS, () => {
      this.looking = this.look();
    });
  }

  private async look(): Promise<void> {
    const { pause, released } = this;
    this.pause = await this.read();
    this.released = await this.readRelease();
    if (!this.isRunning) return;
    const isChanged = this.isOpen !== this.lookAtWindows();
    const isReleased = released !== this.released;
    if (pause?.since !== this.pause?.since || pause?.until !== this.pause?.until || isChanged || isReleased)
      this.give(isReleased);
    this.lookLater();
  }

  private lookAtWindows(): boolean {
    const { maintenance, clock } = this.options;
    return maintenance?.windows.isOpen(clock.now()) ?? true;
  }

  private async readRelease(): Promise<number | undefined> {
    return this.options.maintenance?.released().catch(() => this.released);
  }

  private async read(): Promise<Pause | undefined> {
    // What cannot be read neither pauses nor ends a pause.
    return this.options.pause().catch(() => this.pause);
  }

  private give(isReleased = false): void {
    this.revision += 1;
    this.current = { ...this.taken(isReleased), revision: this.revision };
    this.listener(this.current);
  }

  private taken(isReleased: boolean): MapSnapshot {
    const { pause, newest, current } = this;
    this.isOpen = this.lookAtWindows();
    const { maintenance } = this.options;
    if (pause !== undefined) return { ...current, parked: [...newest.parked, parkedBy(pause)] };
    if (maintenance === undefined || this.isOpen || isReleased || current.peers.length === 0) return newest;
    const { snapshot, waiting } = outsideWindow(current, newest, maintenance.ownId);
    if (waiting.joins + waiting.changes === 0) return snapshot;
    return { ...snapshot, parked: [...snapshot.parked, this.parkedUntilOpen(waiting, maintenance.windows)] };
  }

  private parkedUntilOpen({ joins, changes }: Waiting, windows: MaintenanceWindows): ParkedInput {
    const now = this.options.clock.now();
    const opening = windows.nextOpening(now);
    const end = opening === undefined ? 'a maintenance window' : `the maintenance window of ${timeText(opening)}`;
    const who = [...(joins > 0 ? [`${joins} who join`] : []), ...(changes > 0 ? [`${changes} who have changed`] : [])];
    const error = new MapPausedError('MAP_OUTSIDE_WINDOW', `of the network map ${who.join(' and ')} wait for ${end}`, {
      remedy: 'see what they would be: netmap plan; let them through now: netmap resume',
    });
    const since = this.current.parked.find(({ origin }) => origin === WINDOW_ORIGIN)?.since ?? now;
    return { origin: WINDOW_ORIGIN, error, since };
  }
}

function timeText(at: number): string {
  return new Date(at).toISOString().replace(':00.000Z', 'Z');
}

function parkedBy({ since, until }: Pause): ParkedInput {
  const end = until === undefined ? 'netmap resume' : new Date(until).toISOString();
  const error = new MapPausedError('MAP_PAUSED', `changes of the network map are held until ${end}`, {
    remedy: 'see what they would be: netmap plan; go on: netmap resume',
  });
  return { origin: ORIGIN, error, since };
}
