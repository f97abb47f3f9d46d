import { create_container, ReceiverEvents, type EventContext, type Message } from 'rhea';
import type { TestNode } from './node';

/** In the place of a node that does not run: takes what its peers send, but for what is refused. */
export class PeerDoor {
  /** Bodies of what was taken, as text. */
  readonly taken: string[] = [];
  refusals = 0;

  private constructor(private readonly closeServer: () => void) {}

  static async open(node: TestNode, refuses: (message: Message) => boolean): Promise<PeerDoor> {
    const container = create_container({ autoaccept: false });
    (container.sasl_server_mechanisms as { enable_plain(check: () => boolean): void }).enable_plain(() => true);
    const server = container.listen({
      transport: 'tls',
      host: '127.0.0.1',
      port: node.dev.ports.p2p,
      key: node.key,
      cert: node.chain,
      requestCert: true,
      rejectUnauthorized: false,
    });
    const door = new PeerDoor(() => server.close());
    container.on(ReceiverEvents.receiverOpen, ({ receiver }: EventContext) => {
      if (receiver === undefined) return;
      // A bridge gives up a link whose ends are not repeated to it.
      receiver.set_source({ address: receiver.source.address });
      receiver.set_target({ address: receiver.target.address });
    });
    container.on(ReceiverEvents.message, ({ message, delivery }: EventContext) => {
      if (message === undefined || delivery === undefined) return;
      if (refuses(message)) {
        door.refusals += 1;
        delivery.reject({ condition: 'amqp:not-allowed', description: 'never this one' });
        // Of those settled in one turn the second would have the outcome of the first, see `settle`.
        (delivery as { settled: unknown }).settled = delivery.id + 1;
      } else {
        door.taken.push(String((message.body as { content?: unknown }).content));
        delivery.accept();
      }
    });
    for (const event of ['disconnected', 'connection_error', 'receiver_error', 'error']) {
      container.on(event, () => undefined);
    }
    await new Promise((resolve, reject) => server.once('error', reject).once('listening', () => resolve(undefined)));
    return door;
  }

  close(): void {
    this.closeServer();
  }
}
