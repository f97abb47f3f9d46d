import type { Bridge } from '../../plan/broker-plan';
import type { BrokerOperations } from '../operations';
import type { QueueInfo } from '../operations-types';

export type RefusalOperations = Pick<
  BrokerOperations,
  'firstMessage' | 'handledMessages' | 'messagesUnderWay' | 'buryMessage'
>;

/** The oldest message of its queue, by the broker's number, that the peer does not take. */
export interface RefusedHead {
  readonly queue: string;
  readonly id: number;
  /** In words. */
  readonly reason: string;
}

interface Seen {
  readonly id: number;
  readonly since: number;
  at: number;
  /** How often it was found again while messages were given back. */
  givenBack: number;
  /** Connections that ended with it there and nothing taken. */
  cuts: number;
  /** Attempts of which it is not known whether a connection came about that this message ended. */
  unseen: number;
  /** The present connection was found broken. */
  isBroken: boolean;
  taken: number;
}

/** What the consumers of a queue had handled, and how much of it the peer had taken. */
interface Pace {
  readonly handled: number;
  readonly taken: number;
}

interface Buried {
  readonly taken: number;
  /** How many were taken away with nothing taken by the peer in between. */
  readonly inARow: number;
}

/** Pause between two looks. */
const LOOK_MS = 2_000;
const TIMES = 3;
const SPAN_MS = 5_000;
/** A broker that takes the place of another is found by then. */
const UNSEEN_MS = 300_000;
/** What was not seen for so long, while others were, has been taken. */
const FORGET_MS = 10_000;
/** The two numbers of a pace are not read at the same moment: what they differ by means nothing below this, and this part of them. */
const LEAST = 3;
const PART = 0.02;

/**
 * Finds the message that a peer never takes: it stays the oldest of its queue while the peer gives messages back,
 * or ends one connection after the other. It is taken away on trial. Of a peer that gives everything back, though it lets us in, the next
 * one is left alone until it takes something, so that it costs one message and not the queue: whatever it would take goes
 * past that message. A connection that ends holds up all, so that there the next one only has to be waited for longer.
 */
export class RefusedHeads {
  private readonly seen = new Map<string, Seen>();
  private readonly buried = new Map<string, Buried>();
  private readonly paces = new Map<string, Pace>();
  /** Queues of which messages were given back before the last look. */
  private readonly givingBack = new Set<string>();
  private lookedAt = Number.NEGATIVE_INFINITY;
  private stood = false;
  /** How often the connection was seen to end since the last look. */
  private drops = 0;

  constructor(private readonly operations: RefusalOperations) {}

  /** At every poll: whether the broker is connected; undefined while it is not to be. */
  saw(stands: boolean | undefined): void {
    if (this.stood && stands === false) this.drops += 1;
    this.stood = stands === true;
  }

  /** While the connection runs. `stands`: the broker says that it is connected now. Answers what the peer refuses. */
  async look(
    { links }: Bridge,
    queues: ReadonlyMap<string, QueueInfo>,
    stands: boolean,
    now: number,
  ): Promise<RefusedHead | undefined> {
    if (now - this.lookedAt < LOOK_MS) return undefined;
    this.lookedAt = now;
    const drops = this.drops;
    this.drops = 0;
    let refused: RefusedHead | undefined;
    for (const { queue } of links) {
      const taken = queues.get(queue)?.messagesAcknowledged;
      if (taken === undefined) continue;
      const givesBack = this.givesBack(queue, { handled: await this.operations.handledMessages(queue), taken });
      // A peer that withdraws its permission is left within a second, and must not be kept waiting by a long answer.
      const oldest = await this.oldest(queue, givesBack && this.givingBack.has(queue));
      if (givesBack) this.givingBack.add(queue);
      else this.givingBack.delete(queue);
      if (oldest === undefined) continue;
      const seen = this.note(queue, oldest, { givesBack, drops }, taken, now);
      seen.isBroken ||= !stands;
      const isDue = seen.givenBack >= TIMES && now - seen.since >= SPAN_MS && this.buried.get(queue)?.taken !== taken;
      if (isDue) refused ??= { queue, id: seen.id, reason: 'the peer gives it back each time' };
      else refused ??= this.cutting(queue, seen, now);
    }
    return refused;
  }

  /** When a connection was given up, because it was `lost` or nothing was taken. Answers what ends it each time. */
  ended({ links, addresses }: Bridge, lost: boolean, now: number): RefusedHead | undefined {
    // With one address, at which the peer let us in just before, it is the message; with several the broker may have tried another.
    const unseen = lost && addresses.length > 1;
    let refused: RefusedHead | undefined;
    for (const { queue } of links) {
      const seen = this.seen.get(queue);
      if (seen === undefined) continue;
      if (unseen) seen.unseen += 1;
      else if (lost || seen.isBroken) seen.cuts += 1;
      seen.isBroken = false;
      refused ??= this.cutting(queue, seen, now);
    }
    return refused;
  }

  /** False when it is not there any more. */
  async takeAway({ queue, id }: RefusedHead): Promise<boolean> {
    const seen = this.seen.get(queue);
    this.seen.delete(queue);
    const gone = await this.operations.buryMessage(queue, id);
    if (gone && seen !== undefined) {
      const before = this.buried.get(queue);
      const inARow = before?.taken === seen.taken ? before.inARow + 1 : 1;
      this.buried.set(queue, { taken: seen.taken, inARow });
    }
    return gone;
  }

  private cutting(queue: string, { id, cuts, unseen, since, taken }: Seen, now: number): RefusedHead | undefined {
    const before = this.buried.get(queue);
    const wanted = before?.taken === taken ? TIMES * (before.inARow + 1) : TIMES;
    const counted = now - since < UNSEEN_MS ? cuts : cuts + unseen;
    if (counted < wanted) return undefined;
    return { queue, id, reason: 'the peer ends the connection each time that it is sent' };
  }

  private givesBack(queue: string, pace: Pace): boolean {
    const before = this.paces.get(queue);
    this.paces.set(queue, pace);
    // Each connection counts anew what it has handled, and the broker after each of its starts what was taken.
    if (before === undefined || pace.handled < before.handled || pace.taken < before.taken) return false;
    const handled = pace.handled - before.handled;
    return handled - (pace.taken - before.taken) > LEAST + handled * PART;
  }

  /** What is given back is on its way again most of the time; to ask for all that is costs the broker something. */
  private async oldest(queue: string, givesBack: boolean): Promise<number | undefined> {
    const first = await this.operations.firstMessage(queue);
    const underWay = givesBack ? await this.operations.messagesUnderWay(queue) : [];
    const ids = first === undefined ? underWay : [first.id, ...underWay];
    return ids.length === 0 ? undefined : ids.reduce((least, id) => Math.min(least, id));
  }

  private note(
    queue: string,
    id: number,
    { givesBack, drops }: { readonly givesBack: boolean; readonly drops: number },
    taken: number,
    now: number,
  ): Seen {
    const known = this.seen.get(queue);
    // One behind it is at the head while it is on its way.
    if (known !== undefined && known.id < id && now - known.at < FORGET_MS) return known;
    if (known?.id !== id) {
      const seen = { id, since: now, at: now, givenBack: 0, cuts: 0, unseen: 0, isBroken: false, taken };
      this.seen.set(queue, seen);
      return seen;
    }
    if (givesBack) known.givenBack += 1;
    known.cuts = taken === known.taken ? known.cuts + drops : 0;
    if (taken !== known.taken) known.unseen = 0;
    return Object.assign(known, { at: now, taken });
  }
}
