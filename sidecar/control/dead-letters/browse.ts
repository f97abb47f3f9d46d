import { filter as amqpFilter } from 'rhea';
import type { EventContext, Message } from 'rhea-promise';
import type { Clock } from '../../lib/clock';
import type { NodeConnection } from '../node-client/node-connection';

export interface BrowseOrder {
  readonly queue: string;
  readonly selector: string;
  readonly skip?: number;
  /** As many as this at most. */
  readonly count: number;
  readonly clock: Clock;
}

/** Messages under way at once: each may be as large as the network's limit. */
const WINDOW = 20;
/** Somebody else may have taken what is waited for; a large message takes seconds on a busy machine. */
const QUIET_MS = 30_000;

/** Looks at messages and leaves them where they are. Throws AccessError. */
export async function browse(connection: NodeConnection, order: BrowseOrder): Promise<Message[]> {
  const { queue, selector, skip = 0, count, clock } = order;
  const found: Message[] = [];
  if (count <= 0) return found;
  const receiver = await connection.receiver({
    address: `${queue}::${queue}`,
    distribution_mode: 'copy',
    filter: amqpFilter.selector(selector),
  });
  const wanted = skip + count;
  let seen = 0;
  try {
    await connection.orLost(
      new Promise<void>((resolve) => {
        let cancel = clock.after(QUIET_MS, resolve);
        receiver.on('message' as never, ({ message, delivery }: EventContext) => {
          delivery?.accept();
          seen += 1;
          if (seen > skip && message !== undefined) found.push(message);
          cancel();
          if (seen >= wanted) resolve();
          else cancel = clock.after(QUIET_MS, resolve);
          if (seen + WINDOW <= wanted) receiver.addCredit(1);
        });
        receiver.addCredit(Math.min(WINDOW, wanted));
      }),
    );
  } finally {
    await connection.inTime(receiver.close(), 'the end of a link').catch(() => undefined);
  }
  return found;
}
