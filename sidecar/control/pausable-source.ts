import type { Clock } from '../lib/clock';
import { NetmapError } from '../lib/errors';
import type { MapSnapshot, MapSource, ParkedInput, SnapshotListener } from '../sources/source';
import type { Pause } from './pause-file';

/** The operator has the node take no changes of the map for now. */
export class MapPausedError extends NetmapError<'MAP_PAUSED'> {}

export interface PausableSourceOptions {
  readonly source: MapSource;
  /** What the operator has said; a rejection changes nothing. */
  readonly pause: () => Promise<Pause | undefined>;
  readonly clock: Clock;
}

/** Time between two looks at what the operator has said, milliseconds. */
const LOOK_MS = 1_000;
/** As what a pause is shown among the inputs that are not taken. */
const ORIGIN = 'netmap pause';

/**
 * Gives what another source gives, unless the operator has paused it: then who is on the map stays as it is, while all
 * else goes on, and the newest map is given when the pause ends. A node that starts in a pause takes the map once.
 */
export class PausableSource implements MapSource {
  private listener: SnapshotListener = () => undefined;
  private current: MapSnapshot;
  private newest: MapSnapshot;
  private pause: Pause | undefined;
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
    const before = this.pause;
    this.pause = await this.read();
    if (!this.isRunning) return;
    if (before?.since !== this.pause?.since || before?.until !== this.pause?.until) this.give();
    this.lookLater();
  }

  private async read(): Promise<Pause | undefined> {
    // What cannot be read neither pauses nor ends a pause.
    return this.options.pause().catch(() => this.pause);
  }

  private give(): void {
    const { pause, newest, current } = this;
    this.revision += 1;
    const own = (parked: readonly ParkedInput[]): ParkedInput[] => parked.filter(({ origin }) => origin !== ORIGIN);
    if (pause === undefined) this.current = { ...newest, revision: this.revision };
    else this.current = { ...current, parked: [...own(newest.parked), parkedBy(pause)], revision: this.revision };
    this.listener(this.current);
  }
}

function parkedBy({ since, until }: Pause): ParkedInput {
  const end = until === undefined ? 'netmap resume' : new Date(until).toISOString();
  const error = new MapPausedError('MAP_PAUSED', `changes of the network map are held until ${end}`, {
    remedy: 'see what they would be: netmap plan; go on: netmap resume',
  });
  return { origin: ORIGIN, error, since };
}
