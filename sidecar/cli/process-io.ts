import { systemClock, type Clock } from '../lib/clock';
import type { ProgressStream } from '../lib/progress';
import { EXIT } from './exit-codes';

export type InterruptSignal = 'SIGINT' | 'SIGTERM';

/** What the command line has of the process that it runs in. */
export interface CliIo {
  readonly stdout: ProgressStream;
  readonly stderr: ProgressStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Standard input to its end; a chunk at a time, as there may be more than anybody wants. */
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  /** Calls back at the first signal; the returned function stops that. */
  onInterrupt(callback: (signal: InterruptSignal) => void): () => void;
}

/** Shells and npm pass one Ctrl-C on more than once; only a later signal means that the user will not wait. */
const SAME_INTERRUPT_MS = 1000;

export function processIo(): CliIo {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    clock: systemClock,
    onInterrupt(callback) {
      let first: number | undefined;
      const handler = (signal: InterruptSignal): void => {
        const now = systemClock.now();
        if (first === undefined) {
          first = now;
          callback(signal);
        } else if (now - first > SAME_INTERRUPT_MS) {
          process.exit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated);
        }
      };
      process.on('SIGINT', handler);
      process.on('SIGTERM', handler);
      return () => {
        process.off('SIGINT', handler);
        process.off('SIGTERM', handler);
      };
    },
  };
}
