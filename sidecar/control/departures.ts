import { ManagementError } from '../broker/management-error';
import type { BrokerOperations } from '../broker/operations';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import { cordaAddresses } from '../plan/address-profile';
import type { BrokerPlan } from '../plan/broker-plan';
import type { Departed, DepartedById, DeparturesFile } from './departures-file';

export type DepartureOperations = Pick<
  BrokerOperations,
  | 'queueNames'
  | 'addressNames'
  | 'messageCount'
  | 'addressBytes'
  | 'closeQueue'
  | 'openQueue'
  | 'destroyQueue'
  | 'deleteAddress'
>;

export interface DeparturesOptions {
  readonly operations: DepartureOperations;
  readonly file: Pick<DeparturesFile, 'read' | 'write'>;
  /** The identities and services of this node, by their ids. */
  readonly ownIds: readonly string[];
  /** How long everything stays as it was, milliseconds. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is at the broker because of one who has left. */
interface Remains {
  readonly queues: string[];
  readonly addresses: string[];
}

const LOOK = { min: 10_000, max: 3_600_000 };

/**
 * Takes away what those who left the map have left at the broker: after the grace time, and never a message. A queue is
 * closed at one look and destroyed at the next, when it is still empty: what was on its way to it has arrived by then,
 * and what came later went to the dead letters.
 */
export class Departures {
  private departed: DepartedById = new Map();
  /** Whether somebody may have left who is not noted yet; true at first, for it may have happened while nobody looked. */
  private isStale = true;
  private readonly names = new Map<string, string>();

  constructor(private readonly options: DeparturesOptions) {}

  /** Milliseconds between two looks. */
  get lookMs(): number {
    return Math.min(Math.max(this.options.graceMs / 10, LOOK.min), LOOK.max);
  }

  /** Who has left and is not forgotten yet. */
  list(): DepartedById {
    return this.departed;
  }

  /** Rejects with NodeError NODE_STATE. */
  async open(): Promise<void> {
    this.departed = await this.options.file.read();
  }

  /** Before a plan goes live: whoever is back finds his queue as it was. */
  async welcome(plan: BrokerPlan): Promise<void> {
    if (this.departed.size === 0) return;
    const left = new Map(this.departed);
    for (const { name } of plan.queues) {
      const id = cordaAddresses.waitsFor(name) ?? '';
      if (this.departed.get(id)?.closing === true) await this.unlessGone(this.options.operations.openQueue(name));
      left.delete(id);
    }
    await this.note(left);
  }

  /** After a plan did not go live: something may have been made for who is in no plan now. */
  doubt(): void {
    this.isStale = true;
  }

  /** After a plan went live in the place of another: true when somebody has left with it. */
  follow(before: BrokerPlan | undefined, plan: BrokerPlan): boolean {
    if (before === undefined) return this.isStale;
    const kept = new Set(plan.queues.map(({ name }) => name));
    const gone = new Set(before.queues.map(({ name }) => name).filter((name) => !kept.has(name)));
    for (const { peer, peerName } of gone.size === 0 ? [] : before.bridges) {
      if (gone.has(cordaAddresses.peerQueue(peer))) this.names.set(peer, peerName);
    }
    this.isStale ||= gone.size > 0;
    return this.isStale;
  }

  /** Notes who has left, and takes away what has had its time. True when it took something away. */
  async look(plan: BrokerPlan): Promise<boolean> {
    if (!this.isStale && this.departed.size === 0) return false;
    const { clock, graceMs, operations } = this.options;
    const remains = await this.remains(plan);
    const now = clock.now();
    const next = new Map<string, Departed>();
    const closing: Remains[] = [];
    const due: Remains[] = [];
    for (const [id, what] of remains) {
      const { closing: wasClosing, ...known } = this.departed.get(id) ?? this.newlyDeparted(id, now);
      const messages = await this.messagesIn(what.queues);
      const isDue = messages === 0 && now - known.since >= graceMs;
      if (isDue) (wasClosing === true ? due : closing).push(what);
      else if (wasClosing === true) await this.each(what.queues, (name) => operations.openQueue(name));
      next.set(id, { ...known, messages, ...(isDue ? { closing: true } : {}) });
    }
    this.isStale = false;
    this.tellGone(next);
    // Noted first: who comes back after a crash is to find his queue open.
    await this.note(next).catch((error: unknown) => {
      this.isStale = true;
      throw error;
    });
    for (const { queues } of closing) await this.each(queues, (name) => operations.closeQueue(name));
    for (const what of due) await this.remove(what);
    return due.length > 0;
  }

  private tellGone(next: DepartedById): void {
    for (const [id, { name, closing }] of this.departed) {
      if (closing !== true || next.has(id)) continue;
      this.options.log.info('what was kept for one who left the map is removed', { id, name });
    }
  }

  private newlyDeparted(id: string, since: number): Departed {
    const name = this.names.get(id);
    this.names.delete(id);
    return { ...(name === undefined ? {} : { name }), since };
  }

  /** What the broker has in the sidecar's own part of its names, and the plan has not. */
  private async remains(plan: BrokerPlan): Promise<Map<string, Remains>> {
    const { operations, ownIds } = this.options;
    const found = new Map<string, Remains>();
    const collect = (kind: keyof Remains, names: readonly string[], planned: readonly { name: string }[]): void => {
      const wanted = new Set(planned.map(({ name }) => name));
      for (const name of names) {
        const id = wanted.has(name) ? undefined : (cordaAddresses.waitsFor(name) ?? senderTo(ownIds, name));
        if (id === undefined) continue;
        const remains = found.get(id) ?? { queues: [], addresses: [] };
        remains[kind].push(name);
        found.set(id, remains);
      }
    };
    collect('queues', await operations.queueNames(), plan.queues);
    collect('addresses', await operations.addressNames(), plan.addresses);
    return found;
  }

  private async messagesIn(queues: readonly string[]): Promise<number> {
    let sum = 0;
    await this.each(queues, async (name) => void (sum += await this.options.operations.messageCount(name)));
    return sum;
  }

  /** An address of which a message is not read yet stays until a later look. */
  private async remove({ queues, addresses }: Remains): Promise<void> {
    const { operations } = this.options;
    await this.each(queues, (name) => operations.destroyQueue(name));
    await this.each(addresses, async (name) => {
      if ((await operations.addressBytes(name)) === 0) await operations.deleteAddress(name);
    });
  }

  private async each(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
    for (const name of names) await this.unlessGone(work(name));
  }

  /** Somebody else may have removed it, and an answer may have been lost. */
  private async unlessGone(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof ManagementError) || error.code !== 'MANAGEMENT_REFUSED') throw error;
    }
  }

  private async note(departed: DepartedById): Promise<void> {
    if (JSON.stringify([...departed]) !== JSON.stringify([...this.departed])) await this.options.file.write(departed);
    this.departed = departed;
  }
}

function senderTo(ownIds: readonly string[], address: string): string | undefined {
  const from = cordaAddresses.senderOf(address);
  return from !== undefined && ownIds.some((own) => cordaAddresses.ingress(own, from) === address) ? from : undefined;
}
