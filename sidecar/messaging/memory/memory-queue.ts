import type { Clock } from '../../lib/clock';
import type { StoredMessage } from './stored-message';

/** As in the broker's base settings. */
export interface Redelivery {
  readonly delayMs: number;
  readonly multiplier: number;
  readonly maxDelayMs: number;
  /** -1: no end. */
  readonly maxAttempts: number;
}

export interface Consumer {
  credit: number;
  readonly matches: (message: StoredMessage) => boolean;
  readonly take: (message: StoredMessage) => void;
}

export interface QueueEvents {
  onExpired(message: StoredMessage): void;
  /** Its attempts are used up. */
  onDead(message: StoredMessage): void;
  /** There is room where there was none, perhaps. */
  onTaken(): void;
}

/** Messages in order, for consumers in turn. */
export class MemoryQueue {
  private messages: StoredMessage[] = [];
  private consumers: Consumer[] = [];
  /** What ends the wait for the end of a message's life. */
  private readonly lives = new Map<StoredMessage, () => void>();
  private bytes = 0;
  private pumping = false;

  constructor(
    private readonly clock: Clock,
    private readonly redelivery: Redelivery,
    private readonly events: QueueEvents,
  ) {}

  /** Messages that wait, those that are under way to a consumer and those whose turn is later left out. */
  get waiting(): readonly StoredMessage[] {
    return this.messages;
  }

  /** Bytes of all that is not settled. */
  get size(): number {
    return this.bytes;
  }

  add(message: StoredMessage): void {
    this.bytes += message.wire.body.length;
    this.insert(message);
    const { ttl } = message.wire;
    if (ttl !== undefined) {
      const left = Math.max(0, message.storedAt + ttl - this.clock.now());
      this.lives.set(
        message,
        this.clock.after(left, () => this.expire(message)),
      );
    }
    this.pump();
  }

  attach(consumer: Consumer): void {
    this.consumers.push(consumer);
  }

  detach(consumer: Consumer): void {
    this.consumers = this.consumers.filter((other) => other !== consumer);
  }

  /** Consumers have credit again, perhaps. */
  pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    let index = 0;
    for (let message = this.messages[index]; message !== undefined; message = this.messages[index]) {
      const consumer = this.consumerFor(message);
      if (consumer === undefined) {
        if (!this.consumers.some(({ credit }) => credit > 0)) break;
        index += 1;
        continue;
      }
      this.messages.splice(index, 1);
      consumer.credit -= 1;
      consumer.take(message);
    }
    this.pumping = false;
  }

  /** Done with. */
  remove(message: StoredMessage): void {
    this.lives.get(message)?.();
    this.lives.delete(message);
    this.bytes -= message.wire.body.length;
    this.events.onTaken();
  }

  /** Back to its place, after the wait that its failures ask for. */
  giveBack(message: StoredMessage, failed: boolean): void {
    if (failed) {
      message.failures += 1;
      const { delayMs, multiplier, maxDelayMs, maxAttempts } = this.redelivery;
      if (maxAttempts > 0 && message.failures >= maxAttempts) {
        this.remove(message);
        this.events.onDead(message);
        return;
      }
      const wait = Math.min(maxDelayMs, delayMs * multiplier ** (message.failures - 1));
      if (wait > 0) {
        this.clock.after(wait, () => this.comeBack(message));
        return;
      }
    }
    this.comeBack(message);
  }

  /** Takes out all that waits. */
  drain(): StoredMessage[] {
    const all = this.messages;
    this.messages = [];
    for (const message of all) this.remove(message);
    return all;
  }

  private comeBack(message: StoredMessage): void {
    this.insert(message);
    if (this.isOver(message)) this.expire(message);
    this.pump();
  }

  private insert(message: StoredMessage): void {
    let index = this.messages.length;
    while (index > 0 && (this.messages[index - 1]?.place ?? 0) > message.place) index -= 1;
    this.messages.splice(index, 0, message);
  }

  private isOver({ wire, storedAt }: StoredMessage): boolean {
    return wire.ttl !== undefined && this.clock.now() >= storedAt + wire.ttl;
  }

  private expire(message: StoredMessage): void {
    const index = this.messages.indexOf(message);
    if (index < 0) return;
    this.messages.splice(index, 1);
    this.remove(message);
    this.events.onExpired(message);
  }

  /** In turn: who gets one goes to the end. */
  private consumerFor(message: StoredMessage): Consumer | undefined {
    const index = this.consumers.findIndex(({ credit, matches }) => credit > 0 && matches(message));
    const consumer = this.consumers[index];
    if (consumer !== undefined) this.consumers.push(...this.consumers.splice(index, 1));
    return consumer;
  }
}
