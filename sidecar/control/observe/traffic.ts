import type { BrokerOperations } from '../../broker/operations';
import type { Clock } from '../../lib/clock';
import { cordaAddresses } from '../../plan/address-profile';
import type { DeadLetterNumbers } from '../backlog';
import { slicesOf, type Cause, type SliceSettings } from '../dead-letters/slices';

/** What the broker has done for one peer or service since it started. */
export interface PeerTraffic {
  /** Messages that the peer has taken. */
  readonly delivered: number;
  /** Messages on their way to it, not settled yet. */
  readonly inFlight: number;
}

export interface TrafficView {
  /** By id; peers for which nothing has been carried are not among them. */
  readonly peers: ReadonlyMap<string, PeerTraffic>;
  /** What all together have taken since this sidecar looks; never less than before. */
  readonly deliveredTotal: number;
  /** By the id of whom they were from or for, then by cause; empty where there are too many to look at each. */
  readonly deadLetters: ReadonlyMap<string, Readonly<Partial<Record<Cause, number>>>>;
  /** Messages that came to an address while no queue would take them, since the broker started. */
  readonly unrouted: number;
}

export interface TrafficOptions {
  readonly operations: Pick<BrokerOperations, 'listQueues' | 'listAddresses' | 'countMessagesBy'>;
  readonly ownIds: readonly string[];
  readonly clock: Pick<Clock, 'now'>;
}

/** The broker sends its own notifications to an address where nobody need listen. */
const MESSAGES_GO_TO = /^(?:p2p|internal|rpc)\./;
/** A listing of thousands of queues takes the broker seconds: so many times as long it is left alone afterwards. */
const REST = 20;

/** Asks the broker now and then what it has carried, and whose the dead letters are. */
export class TrafficWatch {
  private current: TrafficView = { peers: new Map(), deliveredTotal: 0, deadLetters: new Map(), unrouted: 0 };
  private sorted: DeadLetterNumbers | undefined;
  private restUntil = 0;

  constructor(private readonly options: TrafficOptions) {}

  view(): TrafficView {
    return this.current;
  }

  /** Throws ManagementError. */
  async look(maxMessageSize: number, dead: DeadLetterNumbers): Promise<void> {
    const { clock, ownIds } = this.options;
    const began = clock.now();
    if (began < this.restUntil) return;
    const [peers, unrouted] = [await this.carried(), await this.unrouted()];
    const deadLetters =
      dead === this.sorted ? this.current.deadLetters : await this.deadByPeer(dead, { ownIds, maxMessageSize });
    this.sorted = dead;
    this.current = { peers, deliveredTotal: this.grown(peers), deadLetters, unrouted };
    this.restUntil = began + (clock.now() - began) * REST;
  }

  /** A broker that starts anew counts from nothing again, and the queue of a peer that left takes its count along. */
  private grown(next: TrafficView['peers']): number {
    let total = this.current.deliveredTotal;
    for (const [id, { delivered }] of next) {
      const before = this.current.peers.get(id)?.delivered ?? 0;
      total += delivered >= before ? delivered - before : delivered;
    }
    return total;
  }

  private async carried(): Promise<Map<string, PeerTraffic>> {
    const filter = { field: 'messagesAcked', operation: 'GREATER_THAN', value: 0 } as const;
    const waiting = { field: 'messageCount', operation: 'GREATER_THAN', value: 0 } as const;
    const { operations } = this.options;
    const queues = [...(await operations.listQueues(filter)), ...(await operations.listQueues(waiting))];
    const peers = new Map<string, PeerTraffic>();
    for (const { name, messagesAcknowledged: delivered, deliveringCount: inFlight } of queues) {
      const id = cordaAddresses.waitsFor(name);
      if (id !== undefined) peers.set(id, { delivered, inFlight });
    }
    return peers;
  }

  private async unrouted(): Promise<number> {
    const filter = { field: 'unroutedMessageCount', operation: 'GREATER_THAN', value: 0 } as const;
    const addresses = await this.options.operations.listAddresses(filter);
    const ours = addresses.filter(({ name }) => MESSAGES_GO_TO.test(name));
    return ours.reduce((sum, { unroutedCount }) => sum + unroutedCount, 0);
  }

  private async deadByPeer(
    { total, causes }: DeadLetterNumbers,
    settings: SliceSettings,
  ): Promise<TrafficView['deadLetters']> {
    const found = new Map<string, Partial<Record<Cause, number>>>();
    if (total === 0 || causes === undefined) return found;
    for (const { queue, selector, cause, address } of slicesOf({}, settings)) {
      if ((causes[cause] ?? 0) === 0) continue;
      for (const [value, count] of await this.options.operations.countMessagesBy(queue, address, selector)) {
        const id = cordaAddresses.senderOf(value) ?? cordaAddresses.waitsFor(value);
        if (id === undefined) continue;
        const counts = found.get(id) ?? {};
        counts[cause] = (counts[cause] ?? 0) + count;
        found.set(id, counts);
      }
    }
    return found;
  }
}
