import type { Bridge } from '../../plan/broker-plan';
import type { BrokerOperations } from '../operations';

export type RefusalOperations = Pick<BrokerOperations, 'firstMessage' | 'handledMessages' | 'buryMessage'>;

/** A message at the head of its queue, by the broker's number. */
export interface Head {
  readonly queue: string;
  readonly id: number;
}

/** Stalls with one message at the head, and the peer giving messages back, before it is taken away. */
const STALLS = 3;

/**
 * Finds the message that a peer never takes. It is taken away only on trial: the next one not before the peer has taken
 * something, so that a peer that refuses everything costs one message and not the queue.
 */
export class RefusedHeads {
  private readonly stalls = new Map<string, { readonly id: number; readonly times: number }>();
  /** By queue, when the stall began: messages that the connection was given and has no more. While it stalls none is taken. */
  private readonly handled = new Map<string, number>();
  /** What the peer had taken when the last one was taken away; undefined before. */
  private takenAt: number | undefined;

  constructor(private readonly operations: RefusalOperations) {}

  /** When the stall begins. */
  async begin({ links }: Bridge): Promise<void> {
    this.handled.clear();
    for (const { queue } of links) this.handled.set(queue, await this.operations.handledMessages(queue));
  }

  /** Before the stalled connection is stopped: those of its queues of which the peer has given messages back since. */
  async refusing({ links }: Bridge): Promise<string[]> {
    const refused: string[] = [];
    for (const { queue } of links) {
      const before = this.handled.get(queue);
      if (before !== undefined && (await this.operations.handledMessages(queue)) > before) refused.push(queue);
    }
    return refused;
  }

  /** After it was stopped: the head that is to be taken away, if there is one. The peer has taken so many messages in all. */
  async note(queues: readonly string[], taken: number): Promise<Head | undefined> {
    let due: Head | undefined;
    for (const queue of queues) {
      const first = await this.operations.firstMessage(queue);
      if (first === undefined) continue;
      const known = this.stalls.get(queue);
      const times = known?.id === first.id ? known.times + 1 : 1;
      this.stalls.set(queue, { id: first.id, times });
      if (times >= STALLS) due ??= { queue, id: first.id };
    }
    // The broker counts anew after each of its starts.
    if (this.takenAt !== undefined) this.takenAt = Math.min(this.takenAt, taken);
    return this.takenAt === taken ? undefined : due;
  }

  /** False when it is not there any more. */
  async takeAway({ queue, id }: Head, taken: number): Promise<boolean> {
    this.stalls.delete(queue);
    const gone = await this.operations.buryMessage(queue, id);
    if (gone) this.takenAt = taken;
    return gone;
  }
}
