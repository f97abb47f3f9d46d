import {
  ConnectionEvents,
  ReceiverEvents,
  type Connection,
  type Delivery,
  type EventContext,
  type Message,
  type Receiver,
} from 'rhea-promise';
import { AccessError } from '../broker/amqp/access-error';
import { isTaken, whenEnded } from '../broker/amqp/link-answer';
import { linkError } from '../broker/amqp/open-amqp';
import { reject, settle } from '../broker/amqp/settle';
import { messageOf } from '../lib/errors';
import { DEAD } from '../messaging/dead-letter';
import type { RelayDelivery, RelayInbox, RelayInboxEvents, RelayInboxLink } from './relay-inbox';
import type { RelayMessage } from './relay-message';

export interface AmqpInboxOptions {
  /** What a client reads the queue by: its name, or ADDRESS::QUEUE. */
  readonly source: string;
  /** A connection to the node's own broker, of this inbox alone. It is made anew each time, and closed with the link. */
  readonly connect: () => Promise<Connection>;
}

/** For the broker to answer the end of a link or a connection, and to say why it refuses one, milliseconds. */
const ANSWER_MS = 5_000;

/** A queue read over AMQP. */
export function amqpInbox(options: AmqpInboxOptions): RelayInbox {
  return {
    async open(events) {
      const connection = await options.connect();
      const link = new AmqpInboxLink(connection, events);
      try {
        await link.attach(options.source);
        return link;
      } catch (error) {
        await link.close();
        throw error;
      }
    },
  };
}

class AmqpInboxLink implements RelayInboxLink {
  private receiver: Receiver | undefined;
  private isOver = false;

  constructor(
    private readonly connection: Connection,
    private readonly events: RelayInboxEvents,
  ) {
    const { connectionError, connectionClose, disconnected, protocolError } = ConnectionEvents;
    for (const event of [connectionError, connectionClose, disconnected, protocolError])
      connection.on(event, () => this.end(connection.error));
  }

  /** Rejects with AccessError. */
  async attach(address: string): Promise<void> {
    const receiver = await this.open(address);
    if (!isTaken(receiver)) throw linkError(await whenEnded(receiver, ANSWER_MS), 'the broker', address);
    receiver.on(ReceiverEvents.message, (context: EventContext) => this.take(context));
    for (const event of [ReceiverEvents.receiverError, ReceiverEvents.receiverClose])
      receiver.on(event, () => this.end(receiver.error));
    this.receiver = receiver;
  }

  addCredit(count: number): void {
    if (!this.isOver) this.receiver?.addCredit(count);
  }

  async close(): Promise<void> {
    this.isOver = true;
    this.receiver?.removeAllListeners();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ANSWER_MS);
    });
    // What was settled is written before the end of the connection.
    await Promise.race([this.connection.close().catch(() => undefined), late]);
    clearTimeout(timer);
  }

  private async open(address: string): Promise<Receiver> {
    try {
      return await this.connection.createReceiver({
        source: { address, capabilities: ['queue'] },
        credit_window: 0,
        autoaccept: false,
      });
    } catch (error) {
      throw linkError(error, 'the broker', address);
    }
  }

  private take({ message, delivery }: EventContext): void {
    if (this.isOver || message === undefined || delivery === undefined) return;
    this.events.onMessage(this.deliveryOf(relayMessageOf(message), delivery));
  }

  private deliveryOf(message: RelayMessage, delivery: Delivery): RelayDelivery {
    return {
      message,
      accept: () => {
        if (!this.isOver) settle(delivery, 'accepted');
      },
      reject: (description) => {
        if (!this.isOver) reject(delivery, 'netmap:set-aside', description);
      },
    };
  }

  private end(error: unknown): void {
    // What ends before it was there rejects.
    if (this.isOver || this.receiver === undefined) return;
    void this.close();
    const why = error === undefined ? 'it was closed' : messageOf(error);
    this.events.onEnd(
      new AccessError('ACCESS_UNREACHABLE', `the link to the queue at the own broker is lost: ${why}`, {
        remedy: 'look whether the broker still runs: netmap status',
        decision: 'retry',
        cause: error,
      }),
    );
  }
}

/** Where the broker keeps the content type of what came over STOMP; it does not turn it into AMQP's. */
export const STOMP_CONTENT_TYPE = '_AMQ_CONTENT_TYPE';

/** The broker makes the subject of what came over STOMP from its header `type`. */
export function relayMessageOf({
  message_id: id,
  subject,
  content_type,
  application_properties,
  body,
}: Message): RelayMessage {
  const properties = (application_properties ?? {}) as Readonly<Record<string, unknown>>;
  const diedAt = properties[DEAD.at];
  return {
    ...(typeof diedAt === 'number' ? { diedAt } : {}),
    id: textOf(id),
    type: textOf(subject) ?? textOf(properties['type']),
    contentType: textOf(content_type) ?? textOf(properties[STOMP_CONTENT_TYPE]),
    body: bodyOf(body),
  };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return Buffer.isBuffer(value) ? value.toString('hex') : undefined;
}

/** Data as it is, a text as UTF-8; of anything else nothing, which no peer takes for a message. */
function bodyOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string') return Buffer.from(body);
  const { content } = (body ?? {}) as { content?: unknown };
  if (Buffer.isBuffer(content)) return content;
  if (Array.isArray(content) && content.every((part) => Buffer.isBuffer(part))) return Buffer.concat(content);
  return Buffer.alloc(0);
}
