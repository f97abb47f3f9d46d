import { AccessError } from '../../broker/amqp/access-error';
import type { Clock } from '../../lib/clock';
import { cordaAddresses } from '../../plan/address-profile';
import { DEAD_LETTER_ADDRESS } from '../dead-letter';
import { HEADER } from '../headers';
import type { WireMessage } from '../transport';
import { MemoryQueue, type Redelivery } from './memory-queue';
import { describe, type StoredMessage } from './stored-message';
import type { Trace, TraceKind } from './trace';

export interface MemoryBrokerOptions {
  /** The node's name, for the trace. */
  readonly name: string;
  readonly clock: Clock;
  readonly redelivery: Redelivery;
  /** Bytes of one recipient's messages beyond which senders wait. */
  readonly inboundBytes: number;
  readonly trace: Trace;
}

/** IDs remembered for each address. */
const REMEMBERED = 20_000;
const FOR_EVER: Redelivery = { delayMs: 0, multiplier: 1, maxDelayMs: 0, maxAttempts: -1 };

/** What a node's broker is to its clients and bridges: addresses, queues, duplicate IDs, redelivery, expiry, dead letters. */
export class MemoryBroker {
  readonly expired: StoredMessage[] = [];
  private readonly queues = new Map<string, MemoryQueue>();
  /** Which queue an address leads to. */
  private readonly routes = new Map<string, string>();
  private readonly known = new Map<string, Set<string>>();
  private readonly roomListeners = new Set<() => void>();
  private places = 0;

  constructor(private readonly options: MemoryBrokerOptions) {
    this.declare(DEAD_LETTER_ADDRESS, DEAD_LETTER_ADDRESS, FOR_EVER);
  }

  get deadLetters(): readonly StoredMessage[] {
    return this.queueOf(DEAD_LETTER_ADDRESS).waiting;
  }

  /** Makes the queue where there is none, and has the address lead to it. */
  declare(address: string, queue: string, redelivery = this.options.redelivery): void {
    this.routes.set(address, queue);
    if (this.queues.has(queue)) return;
    const events = {
      onExpired: (message: StoredMessage) => {
        this.expired.push(message);
        this.note('expired', message.wire);
      },
      onDead: (message: StoredMessage) => {
        this.note('dead', message.wire, `after ${message.failures} attempts`);
        this.queueOf(DEAD_LETTER_ADDRESS).add({ ...message, wire: { ...message.wire, ttl: undefined } });
      },
      onTaken: () => {
        for (const listener of [...this.roomListeners]) listener();
      },
    };
    this.queues.set(queue, new MemoryQueue(this.options.clock, redelivery, events));
  }

  /** What waits for others is kept as long as it takes. */
  declareOutgoing(queue: string): void {
    this.declare(queue, queue, FOR_EVER);
  }

  /** Throws AccessError ACCESS_REFUSED where there is none. */
  checkAddress(address: string): void {
    if (!this.routes.has(address)) throw notFound(this.options.name, address);
  }

  /** Throws AccessError ACCESS_REFUSED where there is none. */
  queueOf(queue: string): MemoryQueue {
    const found = this.queues.get(queue);
    if (found === undefined) throw notFound(this.options.name, queue);
    return found;
  }

  /** Whether it takes more, besides so many bytes that are on their way to it. */
  hasRoom(address: string, underWay = 0): boolean {
    if (cordaAddresses.senderOf(address) === undefined) return true;
    return this.queueOf(this.routes.get(address) ?? '').size + underWay < this.options.inboundBytes;
  }

  onRoom(listener: () => void): () => void {
    this.roomListeners.add(listener);
    return () => this.roomListeners.delete(listener);
  }

  /** Answers false for a message that the address had before: it is dropped. `onNew` is called before it goes on. */
  store(address: string, wire: WireMessage, onNew?: () => void): boolean {
    if (this.isKnown(address, wire.properties[HEADER.duplicateId])) return false;
    onNew?.();
    this.places += 1;
    const storedAt = this.options.clock.now();
    this.queueOf(this.routes.get(address) ?? '').add({ wire, address, storedAt, place: this.places, failures: 0 });
    return true;
  }

  note(kind: TraceKind, wire: WireMessage, note?: string): void {
    const { name, clock, trace } = this.options;
    trace.add({ at: clock.now(), kind, from: name, message: describe(wire), ...(note === undefined ? {} : { note }) });
  }

  private isKnown(address: string, id: unknown): boolean {
    if (typeof id !== 'string') return false;
    const ids = this.known.get(address) ?? new Set();
    this.known.set(address, ids);
    if (ids.has(id)) return true;
    ids.add(id);
    const [oldest] = ids;
    if (ids.size > REMEMBERED && oldest !== undefined) ids.delete(oldest);
    return false;
  }
}

function notFound(name: string, what: string): AccessError {
  return new AccessError('ACCESS_REFUSED', `the broker of ${name} has no ${what}`);
}
