import { filter } from 'rhea';
import { ReceiverEvents, type Delivery, type EventContext, type Receiver } from 'rhea-promise';
import { PROBE_PROPERTY } from '../../plan/address-profile';
import type { BrokerOperations } from '../operations';
import { isOutcome, type AmqpProbe } from './amqp-probe';
import { inTime } from './in-time';
import { ProbeError } from './probe-error';
import type { ProbeMarks } from './probe-marks';

export type InboxOperations = Pick<BrokerOperations, 'removeMessages' | 'messageCount'>;

/** Probes that are read in one go; the queue's rest is swept at the next proof. */
const CREDIT = 500;

/** Where probes come in by, and the queue that takes them there. */
export interface ProbePlace {
  readonly address: string;
  readonly queue: string;
}

/** What the broker says of a probe: the address that it came in by, and the user who sent it where it notes one. */
export interface ProbeStamp {
  readonly to: string;
  readonly user: string;
}

/**
 * Reads probes back that came in at one place. It listens with a queue of its own that takes this run's marks
 * alone: whatever peers have put into the probe queue does not hold it up.
 */
export class ProbeInbox {
  private readonly waiting = new Map<string, (stamp: ProbeStamp) => void>();

  private constructor(
    private readonly place: ProbePlace,
    private readonly probe: AmqpProbe,
    private readonly marks: ProbeMarks,
    private readonly timeoutMs: number,
  ) {}

  /** Throws ProbeError PROBE_REFUSED. */
  static async open(place: ProbePlace, probe: AmqpProbe, marks: ProbeMarks, timeoutMs: number): Promise<ProbeInbox> {
    const inbox = new ProbeInbox(place, probe, marks, timeoutMs);
    const { address } = place;
    const selector = filter.selector(marks.selector(PROBE_PROPERTY)) as never;
    const receiver = accepted(await probe.receiver({ address, capabilities: ['topic'], filter: selector }), address);
    receiver.on(ReceiverEvents.message, (context: EventContext) => inbox.take(context));
    receiver.addCredit(CREDIT);
    return inbox;
  }

  /** Resolves when the probe with this mark has come in. Throws ProbeError PROBE_LOST. */
  arrival(mark: string, address: string): Promise<ProbeStamp> {
    const arrived = new Promise<ProbeStamp>((resolve) => this.waiting.set(mark, resolve));
    return inTime(arrived, this.timeoutMs, address).catch((cause: unknown) => {
      throw new ProbeError('PROBE_LOST', `a probe to ${address} was accepted and did not come in`, {
        decision: 'retry',
        remedy: "see the broker's log, and what its dead letters hold",
        cause,
      });
    });
  }

  /** Empties the probe queue: ours are removed, what a peer has marked goes to the dead letters. */
  async sweep(operations: InboxOperations): Promise<void> {
    const { queue } = this.place;
    await operations.removeMessages(queue, this.marks.selector(PROBE_PROPERTY));
    if ((await operations.messageCount(queue)) === 0) return;
    const address = `${this.place.address}::${queue}`;
    const receiver = accepted(await this.probe.receiver(address), address);
    const drained = new Promise<void>((resolve) => receiver.once(ReceiverEvents.receiverDrained, () => resolve()));
    const foreign: Delivery[] = [];
    receiver.on(ReceiverEvents.message, ({ message, delivery }: EventContext) => {
      if (delivery === undefined) return;
      const mark: unknown = message?.application_properties?.[PROBE_PROPERTY];
      if (this.marks.isOurs(mark, message?.to ?? '')) delivery.accept();
      else foreign.push(delivery);
    });
    receiver.addCredit(CREDIT);
    receiver.drainCredit();
    await inTime(drained, this.timeoutMs, `the rest of ${queue}`);
    // Two outcomes given in one turn are sent as one, the first: the second message would be lost.
    await new Promise((resolve) => setImmediate(resolve));
    for (const delivery of foreign) {
      delivery.reject({ condition: 'amqp:not-allowed', description: "probes are the own node's alone" });
    }
  }

  private take({ message, delivery }: EventContext): void {
    delivery?.accept();
    const mark: unknown = message?.application_properties?.[PROBE_PROPERTY];
    const user = message?.user_id as unknown;
    const stamp = { to: message?.to ?? '', user: Buffer.isBuffer(user) ? user.toString() : '' };
    if (typeof mark === 'string') this.waiting.get(mark)?.(stamp);
  }
}

function accepted(receiver: Awaited<ReturnType<AmqpProbe['receiver']>>, address: string): Receiver {
  if (!isOutcome(receiver)) return receiver;
  throw new ProbeError('PROBE_REFUSED', `the own node may not read ${address}: ${receiver.words}`, {
    decision: 'alarm',
  });
}
