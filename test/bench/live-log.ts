import { systemClock } from '../../sidecar/lib/clock';
import { createLogger, type Logger } from '../../sidecar/lib/log';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly component?: string;
  readonly peers?: number;
}

export interface LiveLogOptions {
  /** Told what went wrong. */
  readonly say: (text: string) => void;
  /** Told at once when a map of so many peers is live and proven. */
  readonly live: (peers: number) => void;
}

/** The log of a sidecar in this process, by which one knows at once what has come about. */
export class LiveLog {
  readonly log: Logger;

  constructor(private readonly options: LiveLogOptions) {
    this.log = createLogger({
      level: 'info',
      format: 'json',
      destination: { write: (text) => this.read(text) },
      clock: systemClock,
    });
  }

  private read(text: string): void {
    const line = JSON.parse(text) as Line;
    // The broker tells of each refusal that is tried on purpose.
    const isOurs = line.component !== 'broker';
    if (isOurs && (line.level === 'warn' || line.level === 'error')) this.options.say(`log: ${text.trimEnd()}`);
    if (line.message === 'live' && line.peers !== undefined) this.options.live(line.peers);
  }
}
