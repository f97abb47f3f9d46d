import type { Clock } from '../../lib/clock';
import type { MemoryBroker } from './memory-broker';
import type { Consumer, MemoryQueue } from './memory-queue';
import { describe, type StoredMessage } from './stored-message';
import type { Trace, TraceKind } from './trace';

/** What the way between two nodes is like. */
export interface Way {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** From 0 to 1: what part of the transfers, and of their confirmations, gets lost. */
  readonly loss: number;
  /** From 0 to 1: what part of the confirmations gets lost, so that messages cross twice; as `loss` unless given. */
  readonly confirmationLoss?: number;
  /** Whether later ones may overtake. */
  readonly reorder: boolean;
  /** When what is not confirmed is sent again. */
  readonly retryMs: number;
}

export interface MemoryBridgeOptions {
  readonly from: { readonly name: string; readonly broker: MemoryBroker };
  readonly to: { readonly name: string; readonly broker: MemoryBroker };
  readonly queue: string;
  readonly remoteAddress: string;
  readonly way: Way;
  readonly clock: Clock;
  readonly random: () => number;
  readonly trace: Trace;
}

/** Messages under way to the other side and not confirmed. */
const WINDOW = 100;

/** Carries one queue to another node: at least once, and once by duplicate IDs. */
export class MemoryBridge {
  private readonly queue: MemoryQueue;
  private readonly consumer: Consumer;
  private readonly underWay = new Map<StoredMessage, () => void>();
  private blocked: StoredMessage[] = [];
  private lastArrival = 0;
  private isUp = false;

  constructor(private readonly options: MemoryBridgeOptions) {
    this.queue = options.from.broker.queueOf(options.queue);
    this.consumer = { credit: WINDOW, matches: () => true, take: (message) => this.carry(message) };
    options.to.broker.onRoom(() => this.onRoom());
  }

  /** Whether messages go over it; what was under way when it goes down returns to its queue. */
  turn(up: boolean): void {
    if (up === this.isUp) return;
    this.isUp = up;
    if (up) {
      this.consumer.credit = WINDOW;
      this.queue.attach(this.consumer);
      this.queue.pump();
      return;
    }
    this.queue.detach(this.consumer);
    const all = [...this.underWay.keys()];
    for (const cancel of this.underWay.values()) cancel();
    this.underWay.clear();
    this.blocked = [];
    for (const message of all) this.queue.giveBack(message, false);
  }

  private carry(message: StoredMessage): void {
    const { way, random, clock } = this.options;
    const isLost = random() < way.loss;
    if (isLost) {
      this.note('lost', message);
      this.underWay.set(
        message,
        clock.after(way.retryMs, () => this.carry(message)),
      );
      return;
    }
    const asked = clock.now() + way.minDelayMs + Math.floor(random() * (way.maxDelayMs - way.minDelayMs + 1));
    const at = way.reorder ? asked : Math.max(asked, this.lastArrival);
    this.lastArrival = Math.max(at, this.lastArrival);
    this.underWay.set(
      message,
      clock.after(at - clock.now(), () => this.arrive(message)),
    );
  }

  private arrive(message: StoredMessage): void {
    const { to, remoteAddress, way, random, clock } = this.options;
    if (!to.broker.hasRoom(remoteAddress)) {
      this.underWay.set(message, () => undefined);
      this.blocked.push(message);
      return;
    }
    const isNew = to.broker.store(remoteAddress, message.wire);
    this.note(isNew ? 'crossed' : 'repeated', message);
    if (random() < (way.confirmationLoss ?? way.loss)) {
      this.note('unconfirmed', message);
      this.underWay.set(
        message,
        clock.after(way.retryMs, () => this.carry(message)),
      );
      return;
    }
    this.underWay.delete(message);
    this.queue.remove(message);
    this.consumer.credit += 1;
    this.queue.pump();
  }

  private onRoom(): void {
    for (const message of this.blocked.splice(0)) this.arrive(message);
  }

  private note(kind: TraceKind, { wire }: StoredMessage): void {
    const { from, to, clock, trace } = this.options;
    trace.add({ at: clock.now(), kind, from: from.name, to: to.name, message: describe(wire) });
  }
}
