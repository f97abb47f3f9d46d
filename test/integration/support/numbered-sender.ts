import { SenderEvents, type Connection, type EventContext, type Message, type Sender } from 'rhea-promise';
import { LastingConnection } from './lasting-connection';
import type { NodeAccess } from './node-access';

export interface NumberedSenderOptions {
  readonly access: NodeAccess;
  /** Address of the node's own broker that the messages go to. */
  readonly to: string;
  /** Marks this sender's messages, and keeps their duplicate IDs apart from those of others. */
  readonly run: string;
  /** What a message has besides its number and its duplicate ID; 256 bytes unless given. */
  readonly message?: (number: number) => Pick<Message, 'subject' | 'content_type' | 'body'>;
}

const BODY = Buffer.alloc(256, 'x');
const TICK_MS = 10;
const plain = (): Pick<Message, 'body'> => ({ body: BODY });

/**
 * Sends durable messages with the numbers 1, 2, 3 …, each with its duplicate ID. When the connection is lost, what was
 * not accepted is sent again in its order before anything else.
 */
export class NumberedSender {
  /** What the broker said about messages that it did not accept. */
  readonly refused: string[] = [];
  accepted = 0;
  private readonly connection: LastingConnection;
  private sender: Sender | undefined;
  private wanted = 0;
  private next = 1;
  private again: number[] = [];
  /** Numbers on their way, by delivery. */
  private underWay = new Map<number, number>();
  private stopTicking: () => void = () => undefined;

  constructor(private readonly options: NumberedSenderOptions) {
    this.connection = new LastingConnection(options.access, (connection) => this.attach(connection));
  }

  start(): Promise<void> {
    return this.connection.start();
  }

  close(): Promise<void> {
    this.stop();
    return this.connection.close();
  }

  /** How many were sent so far. */
  get sent(): number {
    return this.next - 1;
  }

  /** How often the connection was made. */
  get connections(): number {
    return this.connection.opened;
  }

  /** Has messages up to this number sent, as fast as the broker takes them. */
  sendUpTo(number: number): void {
    this.wanted = Math.max(this.wanted, number);
    this.pump();
  }

  /** Has so many messages a second sent, evenly, until `stop`. */
  sendSteadily(perSecond: number): void {
    const began = Date.now();
    const base = this.wanted;
    const timer = setInterval(() => {
      this.sendUpTo(base + Math.floor(((Date.now() - began) * perSecond) / 1000));
    }, TICK_MS);
    this.stopTicking = () => clearInterval(timer);
  }

  /** Asks for no more than was asked for so far. */
  stop(): void {
    this.stopTicking();
    this.wanted = Math.min(this.wanted, this.sent);
  }

  private async attach(connection: Connection): Promise<void> {
    this.again = [...this.underWay.values(), ...this.again].sort((a, b) => a - b);
    this.underWay = new Map();
    const sender = await connection.createSender({ target: { address: this.options.to }, snd_settle_mode: 0 });
    if (!sender.isOpen()) throw new Error('the link is refused', { cause: sender.error });
    sender.on(SenderEvents.sendable, () => this.pump());
    sender.on(SenderEvents.accepted, (context: EventContext) => {
      if (sender === this.sender && this.settle(context) !== undefined) this.accepted += 1;
      this.pump();
    });
    for (const event of [SenderEvents.rejected, SenderEvents.released, SenderEvents.modified]) {
      sender.on(event, (context: EventContext) => {
        this.refused.push(`${String(this.settle(context))} ${event} ${JSON.stringify(context.delivery?.remote_state)}`);
      });
    }
    this.sender = sender;
    this.pump();
  }

  private settle({ delivery }: EventContext): number | undefined {
    const id = delivery?.id as number;
    const number = this.underWay.get(id);
    this.underWay.delete(id);
    return number;
  }

  private pump(): void {
    const { sender } = this;
    while (sender?.isOpen() === true && sender.sendable()) {
      const number = this.again[0] ?? this.next;
      if (number > this.wanted) return;
      const { run, message = plain } = this.options;
      const delivery = sender.send({
        durable: true,
        application_properties: { _AMQ_DUPL_ID: `${run}-${number}`, run, number },
        ...message(number),
      });
      this.underWay.set(delivery.id, number);
      if (this.again.length > 0) this.again.shift();
      else this.next += 1;
    }
  }
}
