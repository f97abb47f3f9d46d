import type { Clock } from '../lib/clock';
import { RECONNECT, SEND_WINDOW } from '../messaging/client/client-options';
import { ConnectionKeeper } from '../messaging/client/keeper';
import { Outbox } from '../messaging/client/outbox';
import { DEAD, DEAD_LETTER_ADDRESS } from '../messaging/dead-letter';
import { HEADER } from '../messaging/headers';
import type { BrokerConnection, Opening } from '../messaging/transport';
import type { RelayMessage } from './relay-message';

export interface DeadLetterSenderOptions {
  /** Opens a connection to the own broker, as the node. */
  readonly open: Opening<Pick<BrokerConnection, 'openSender' | 'close'>>;
  readonly ownId: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Never the same twice. */
  readonly newId: () => string;
}

/** Puts what a relay sets aside into the dead letters, with the reason. */
export class DeadLetterSender {
  private readonly outbox: Outbox;
  private readonly keeper: ConnectionKeeper<Pick<BrokerConnection, 'openSender' | 'close'>>;

  constructor(private readonly options: DeadLetterSenderOptions) {
    const { clock, random, open } = options;
    this.outbox = new Outbox({ address: DEAD_LETTER_ADDRESS, window: SEND_WINDOW, clock, random });
    const events = {
      onConnected: (connection: Pick<BrokerConnection, 'openSender'>) => this.outbox.connected(connection),
      onDisconnected: () => this.outbox.disconnected(),
    };
    this.keeper = new ConnectionKeeper<Pick<BrokerConnection, 'openSender' | 'close'>>(open, clock, events, {
      ...RECONNECT,
      random,
    });
  }

  start(): void {
    this.keeper.keepTrying();
  }

  async stop(): Promise<void> {
    await this.keeper.close();
  }

  /** A message of the queue that goes to that peer. Resolves when the dead letters have it. */
  setAside(queue: string, { id, type, contentType, body, diedAt }: RelayMessage, reason: string): Promise<void> {
    const { ownId, clock, newId } = this.options;
    return this.outbox.put({
      id,
      correlationId: undefined,
      subject: type,
      contentType,
      contentEncoding: undefined,
      ttl: undefined,
      createdAt: undefined,
      properties: {
        // Without an id nothing tells two copies apart: one too many is better than one that is missing. One that was
        // replayed and dies again is another death.
        [HEADER.duplicateId]: `dead ${queue} ${id ?? newId()} ${diedAt ?? 0}`,
        [DEAD.cause]: 'rejected',
        [DEAD.reason]: reason,
        [DEAD.at]: clock.now(),
        [DEAD.attempts]: 1,
        [DEAD.sender]: ownId,
        [DEAD.origin]: queue,
      },
      body,
    });
  }
}
