import { systemClock } from '../../sidecar/lib/clock';
import { createLogger, type Logger } from '../../sidecar/lib/log';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly component?: string;
  readonly peers?: number;
}

/** The log of a sidecar in this process, by which one knows at once what has come about. */
export class LiveLog {
  readonly log: Logger;
  private waiting: { readonly peers: number; readonly resolve: (at: number) => void }[] = [];

  constructor(private readonly say: (text: string) => void) {
    this.log = createLogger({
      level: 'info',
      format: 'json',
      destination: { write: (text) => this.read(text) },
      clock: systemClock,
    });
  }

  /** Resolves when a map of so many peers is live and proven, with the time of that by `performance.now()`. */
  live(peers: number): Promise<number> {
    return new Promise((resolve) => this.waiting.push({ peers, resolve }));
  }

  private read(text: string): void {
    const now = performance.now();
    const line = JSON.parse(text) as Line;
    // The broker tells of each refusal that is tried on purpose.
    const isOurs = line.component !== 'broker';
    if (isOurs && (line.level === 'warn' || line.level === 'error')) this.say(`log: ${text.trimEnd()}`);
    if (line.message !== 'live') return;
    for (const { peers, resolve } of this.waiting) if (peers === line.peers) resolve(now);
    this.waiting = this.waiting.filter(({ peers }) => peers !== line.peers);
  }
}
