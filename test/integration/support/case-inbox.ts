import { createHash } from 'node:crypto';
import { ReceiverEvents, type EventContext, type Message } from 'rhea-promise';
import { isOutcome, type AmqpProbe } from '../../../sidecar/broker/probe/amqp-probe';
import { until } from './until';

/** The application property by which tests tell their messages apart. */
export const CASE = 'netmap_case';

export interface Arrived {
  readonly message: Message;
  /** SHA-256 of the body, hex. */
  readonly digest: string;
}

/** Reads everything that comes to a queue, and keeps it by case. */
export class CaseInbox {
  private readonly arrived = new Map<string, Arrived[]>();

  static async open(probe: AmqpProbe, address: string): Promise<CaseInbox> {
    const inbox = new CaseInbox();
    const receiver = await probe.receiver(address);
    if (isOutcome(receiver)) throw new Error(`${address} cannot be read: ${receiver.words}`);
    receiver.on(ReceiverEvents.message, ({ message, delivery }: EventContext) => {
      delivery?.accept();
      receiver.addCredit(1);
      if (message !== undefined) inbox.keep(message);
    });
    receiver.addCredit(100);
    return inbox;
  }

  /** What came for the case, at least `count` messages. */
  async of(name: string, count = 1, timeoutMs = 60_000): Promise<Arrived[]> {
    await until(`${count} messages of ${name}`, () => this.count(name) >= count, timeoutMs);
    return this.arrived.get(name) ?? [];
  }

  count(name: string): number {
    return this.arrived.get(name)?.length ?? 0;
  }

  get total(): number {
    return [...this.arrived.values()].reduce((sum, { length }) => sum + length, 0);
  }

  private keep(message: Message): void {
    const name = String(message.application_properties?.[CASE] ?? '');
    this.arrived.set(name, [...(this.arrived.get(name) ?? []), { message, digest: digestOf(bodyOf(message)) }]);
  }
}

export function digestOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

function bodyOf({ body }: Message): Buffer {
  const content: unknown = (body as { content?: unknown } | undefined)?.content ?? body;
  if (Buffer.isBuffer(content)) return content;
  return Buffer.from(typeof content === 'string' ? content : '');
}
