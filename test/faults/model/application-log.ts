import type { Connection, EventContext } from 'rhea-promise';
import { cordaAddresses } from '../../../sidecar/plan/address-profile';
import { relayMessageOf } from '../../../sidecar/relay/amqp-inbox';
import { LastingConnection } from '../../integration/support/lasting-connection';
import type { NodeAccess } from '../../integration/support/node-access';
import { requestIn } from '../../integration/support/transfers';

/** A transfer as an application got it. */
export interface Got {
  /** Of the message; the same one when the broker hands it out again. */
  readonly id: string | undefined;
  readonly number: number;
  /** Who it was from, by its `to`. */
  readonly sender: string | undefined;
}

const CREDIT = 500;

/** Takes what comes in for a node as its application does, and notes it. */
export class ApplicationLog {
  /** In the order of their arrival, without what the broker handed out again. */
  readonly got: Got[] = [];
  readonly numbers = new Set<number>();
  /** Handed out again, as the broker was lost before it knew. */
  again = 0;
  private readonly ids = new Set<string | undefined>();
  private readonly connection: LastingConnection;

  constructor(access: NodeAccess, ownId: string) {
    const address = cordaAddresses.inboundSource(ownId);
    this.connection = new LastingConnection(access, (connection) => this.attach(connection, address));
  }

  start(): Promise<void> {
    return this.connection.start();
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private async attach(connection: Connection, address: string): Promise<void> {
    const receiver = await connection.createReceiver({
      source: { address },
      credit_window: CREDIT,
      onMessage: (context: EventContext) => this.note(context),
      // A connection that is lost takes the link along, and is made anew.
      onError: () => undefined,
    });
    if (!receiver.isOpen()) throw new Error('the link is refused', { cause: receiver.error });
  }

  private note({ message }: EventContext): void {
    if (message === undefined) return;
    const { id, body } = relayMessageOf(message);
    if (this.ids.has(id)) {
      this.again += 1;
      return;
    }
    this.ids.add(id);
    const number = requestIn(body.toString());
    this.numbers.add(number);
    this.got.push({ id, number, sender: cordaAddresses.senderOf(message.to ?? '') });
  }
}
