import type { RelayDelivery } from './relay-inbox';
import type { RelayMessage } from './relay-message';

/** A message on its way through the relay. */
export interface RelayEntry {
  readonly delivery: RelayDelivery;
  /** What is sent of it: the delivery has it as the application has written it. */
  readonly message: RelayMessage;
  /** Number of its receipt on the present connection; undefined: not sent on it. */
  receipt: number | undefined;
  /** Times it was sent. */
  sends: number;
  /** The link that it came by has ended: the broker has it in its queue again. */
  orphan: boolean;
}

/**
 * The messages that the relay has of the queue, in its order: first those sent and not confirmed, then those that
 * wait. Pure.
 */
export class RelayWindow {
  private flying: RelayEntry[] = [];
  private pending: RelayEntry[] = [];
  private last = 0;

  get inFlight(): number {
    return this.flying.length;
  }

  get waiting(): number {
    return this.pending.length;
  }

  add(delivery: RelayDelivery, message = delivery.message): void {
    this.pending.push({ delivery, message, receipt: undefined, sends: 0, orphan: false });
  }

  /** The next one to be sent, with its receipt's number; undefined where none waits. */
  send(): (RelayEntry & { receipt: number }) | undefined {
    const entry = this.pending.shift();
    if (entry === undefined) return undefined;
    this.last += 1;
    entry.sends += 1;
    this.flying.push(entry);
    return Object.assign(entry, { receipt: this.last });
  }

  /** The number for a receipt that confirms all that was sent on the present connection. */
  closingReceipt(): number {
    this.last += 1;
    return this.last;
  }

  /**
   * A receipt has come, for this one and all before it: those that it confirms, none where it came before. Undefined
   * for a number that was never given.
   */
  confirm(receipt: number): RelayEntry[] | undefined {
    if (!Number.isSafeInteger(receipt) || receipt < 1 || receipt > this.last) return undefined;
    const later = this.flying.findIndex((entry) => (entry.receipt ?? 0) > receipt);
    return this.flying.splice(0, later < 0 ? this.flying.length : later);
  }

  /** The message in flight that has this receipt, or the only one in flight: it is taken out. */
  takeBlamed(receipt: number | undefined): RelayEntry | undefined {
    const named = this.flying.findIndex((entry) => entry.receipt === receipt);
    const index = named < 0 && receipt === undefined && this.flying.length === 1 ? 0 : named;
    return index < 0 ? undefined : this.flying.splice(index, 1)[0];
  }

  /** The connection is gone: what was not confirmed is to be sent again, in order and before the rest. */
  disconnected(): void {
    const again = this.flying.filter(({ orphan }) => !orphan);
    for (const entry of again) entry.receipt = undefined;
    this.pending = [...again, ...this.pending];
    this.flying = [];
    this.last = 0;
  }

  /** The link to the queue is gone: what waits will come again, what is in flight is the broker's. Answers how many are in flight. */
  unlinked(): number {
    this.pending = [];
    const left = this.flying.filter(({ orphan }) => !orphan);
    for (const entry of left) entry.orphan = true;
    return left.length;
  }
}
