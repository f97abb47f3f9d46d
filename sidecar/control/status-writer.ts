import { sha256Hex } from '../lib/digest';
import type { Logger } from '../lib/log';
import { SerialQueue } from './serial-queue';
import type { StateFolder } from './state-folder';
import type { NodeStatus } from './status';

/** Writes the status into the state folder whenever it has become another. */
export class StatusWriter {
  private readonly queue = new SerialQueue();
  private lastDigest = '';
  /** From what the last status was made: with thousands of peers it is not made again to find the same. */
  private madeOf: readonly unknown[] = [];

  constructor(
    private readonly state: Pick<StateFolder, 'writeStatus'>,
    private readonly log: Logger,
  ) {}

  /** A status that cannot be written keeps nothing from going live; it is tried again at the next look. */
  write(sources: () => readonly unknown[], make: () => NodeStatus): Promise<void> {
    return this.queue.run(async () => {
      const found = sources();
      if (found.length === this.madeOf.length && found.every((one, at) => one === this.madeOf[at])) return;
      this.madeOf = found;
      const status = make();
      // The text itself has megabytes with thousands of peers.
      const digest = sha256Hex(JSON.stringify({ ...status, updatedAt: 0 }));
      if (digest === this.lastDigest) return;
      try {
        await this.state.writeStatus(status);
        this.lastDigest = digest;
      } catch (error) {
        this.madeOf = [];
        this.log.warn('the status could not be written', { error });
      }
    });
  }
}
