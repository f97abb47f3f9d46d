import {
  ConnectionEvents,
  SenderSendOptions,
  ReceiverEvents as OfReceiver,
  SenderEvents as OfSender,
  type Connection,
  type Delivery,
  type EventContext,
  type Receiver,
  type Sender,
  type Source,
} from 'rhea-promise';
import { filter } from 'rhea';
import { AccessError } from '../../broker/amqp/access-error';
import { isTaken, whenEnded, type AnyLink } from '../../broker/amqp/link-answer';
import { linkError, openAmqp, type AmqpOptions } from '../../broker/amqp/open-amqp';
import { settle } from '../../broker/amqp/settle';
import { messageOf } from '../../lib/errors';
import { cordaAddresses } from '../../plan/address-profile';
import type {
  BrokerConnection,
  ReceiverEvents,
  ReceiverLink,
  Selection,
  SenderEvents,
  SenderLink,
  SendOutcome,
} from '../transport';
import { selectorOf } from './selector';
import { messageBytes } from './message-bytes';
import { fromAmqp } from './wire';

/** For the end of a connection to be answered, and for the reason of a refusal to come, milliseconds. */
const ANSWER_MS = 5_000;
/** The message format of AMQP's own sections: the bytes are such already. */
const STANDARD = Object.assign(new SenderSendOptions(), { format: 0 });

/** Opens a connection to the node's own broker. Throws AccessError. */
export async function openAmqpConnection(
  options: AmqpOptions,
  onLost: (reason: Error) => void,
): Promise<AmqpConnection> {
  return new AmqpConnection(await openAmqp(options), `${options.address.host}:${options.address.port}`, onLost);
}

export class AmqpConnection implements BrokerConnection {
  private isOver = false;

  constructor(
    private readonly connection: Connection,
    private readonly where: string,
    onLost: (reason: Error) => void,
  ) {
    const lost = (): void => {
      if (this.isOver) return;
      this.isOver = true;
      const reason = connection.error === undefined ? 'it was closed' : messageOf(connection.error);
      onLost(
        new AccessError('ACCESS_UNREACHABLE', `the connection to the broker at ${where} is lost: ${reason}`, {
          remedy: 'look whether the broker still runs: netmap status',
          decision: 'retry',
        }),
      );
    };
    const { connectionError, connectionClose, disconnected, protocolError } = ConnectionEvents;
    for (const event of [connectionError, connectionClose, disconnected, protocolError]) connection.on(event, lost);
  }

  async openSender(address: string, events: SenderEvents): Promise<SenderLink> {
    const pending = new Map<Delivery, (outcome: SendOutcome) => void>();
    const tell = (context: EventContext, outcome: SendOutcome): void => {
      const { delivery } = context;
      if (delivery === undefined) return;
      const done = pending.get(delivery);
      pending.delete(delivery);
      done?.(outcome);
    };
    const sender = await this.taken(address, this.connection.createSender({ target: { address } }));
    sender.on(OfSender.accepted, (context: EventContext) => tell(context, 'stored'));
    sender.on(OfSender.released, (context: EventContext) => tell(context, 'again'));
    sender.on(OfSender.modified, (context: EventContext) => tell(context, 'again'));
    sender.on(OfSender.rejected, (context: EventContext) => tell(context, this.rejection(context, address)));
    sender.on(OfSender.sendable, () => events.onSendable());
    const ended = this.ending(sender, address, events);
    sender.on(OfSender.senderError, ended);
    sender.on(OfSender.senderClose, ended);
    return {
      sendable: () => sender.sendable(),
      send: (message, done) => void pending.set(sender.send(messageBytes(message), STANDARD), done),
      close: () => this.end(sender),
    };
  }

  openReceiver(queueOf: string, selection: Selection, events: ReceiverEvents): Promise<ReceiverLink> {
    const source = {
      address: cordaAddresses.inboundSource(queueOf),
      filter: filter.selector(selectorOf(queueOf, selection)),
      // As a subscription the broker would want the selector to be the queue's own filter.
      capabilities: ['queue'],
    };
    return this.openSource(source, events);
  }

  /** As `openReceiver`, from any source. */
  async openSource(source: Source, events: ReceiverEvents): Promise<ReceiverLink> {
    const { address } = source;
    const opening = this.connection.createReceiver({ source, credit_window: 0, autoaccept: false });
    const receiver = await this.taken(address, opening);
    receiver.on(OfReceiver.message, ({ message, delivery }: EventContext) => {
      if (message === undefined || delivery === undefined) return;
      events.onMessage(fromAmqp(message), (how) => settle(delivery, how));
    });
    const ended = this.ending(receiver, address, events);
    receiver.on(OfReceiver.receiverError, ended);
    receiver.on(OfReceiver.receiverClose, ended);
    return { addCredit: (count) => receiver.addCredit(count), close: () => this.end(receiver) };
  }

  async close(): Promise<void> {
    this.isOver = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ANSWER_MS);
    });
    const closing = this.connection.close().catch(() => undefined);
    await Promise.race([closing, late]);
    clearTimeout(timer);
  }

  private async taken<Link extends Sender | Receiver>(address: string, opening: Promise<Link>): Promise<Link> {
    let link: Link;
    try {
      link = await opening;
    } catch (error) {
      throw linkError(error, this.where, address);
    }
    if (isTaken(link)) return link;
    const condition = await whenEnded(link, ANSWER_MS);
    throw linkError(condition ?? { condition: 'amqp:internal-error', description: 'no reason' }, this.where, address);
  }

  /** What is to be called when the broker ends the link. */
  private ending(link: AnyLink, address: string, events: { onEnd(reason: Error): void }): () => void {
    let told = false;
    return () => {
      if (told || this.isOver || !this.connection.isOpen()) return;
      told = true;
      events.onEnd(linkError(link.error ?? new Error('it was closed'), this.where, address));
    };
  }

  private end(link: AnyLink): void {
    link.removeAllListeners();
    if (!this.isOver) void link.close().catch(() => undefined);
  }

  private rejection({ delivery }: EventContext, address: string): Error {
    const state = delivery?.remote_state as { error?: unknown } | undefined;
    return linkError(state?.error ?? { condition: 'amqp:rejected', description: '' }, this.where, address);
  }
}
