import { loadConfig } from '../../sidecar/config/load-config';
import { createSidecar } from '../../sidecar/control/create-sidecar';
import { keepHeapSmall } from '../../sidecar/lib/small-heap';
import { LiveLog } from './live-log';
import { ManagementTimes } from './management-times';

/** What a sidecar in a process of its own tells the bench; times are milliseconds since the epoch. */
export type ToBench =
  | { readonly type: 'running' }
  | { readonly type: 'live'; readonly peers: number; readonly at: number }
  | { readonly type: 'busy'; readonly ms: number; readonly summary: string }
  | { readonly type: 'said'; readonly text: string };

/** How long the broker was busy between two moments, which is answered with `busy`. */
export interface FromBench {
  readonly from: number;
  readonly to: number;
}

function tell(message: ToBench): void {
  process.send?.(message);
}

/** Runs until the bench lets go of it. */
async function main(file: string): Promise<void> {
  keepHeapSmall();
  const times = ManagementTimes.watch();
  const log = new LiveLog({
    say: (text) => tell({ type: 'said', text }),
    live: (peers) => tell({ type: 'live', peers, at: performance.timeOrigin + performance.now() }),
  });
  const config = await loadConfig(file);
  const { sidecar, dispose } = await createSidecar({ config, log: log.log, environment: process.env });
  const ended = new Promise<void>((resolve) => process.once('disconnect', () => resolve()));
  process.on('message', ({ from, to }: FromBench) => {
    const [began, end] = [from - performance.timeOrigin, to - performance.timeOrigin];
    tell({ type: 'busy', ms: times.busy(began, end), summary: times.summary(began, end) });
  });
  await sidecar.start(new AbortController().signal);
  tell({ type: 'running' });
  await ended;
  await sidecar.stop();
  await dispose();
}

// A signal to the whole group must not end it before the bench has let go of it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
void main(process.argv[2] ?? '').then(() => process.exit(0));
