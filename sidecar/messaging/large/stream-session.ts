import type { Clock } from '../../lib/clock';
import { delay } from '../../lib/clock';
import type { Inbox, InboxOptions } from '../client/inbox';
import type { Incoming } from '../client/incoming';
import { Reject } from '../messaging-error';
import type { Spool } from './spool';
import { comesAgainOtherwise, SpooledMessage } from './spooled-message';
import type { SpooledStream } from './spooled-stream';
import type { StreamHandler } from './stream';
import { announcementOf, MOST_PARTS, partOf, type Announcement, type StreamEnd } from './stream-headers';
import type { Turns } from './turns';

export type InboxWish = Pick<
  InboxOptions,
  'recipients' | 'selection' | 'window' | 'concurrency' | 'handler' | 'onForgotten'
>;

/** What the library gives to the reading of streams. */
export interface StreamReading {
  /** `open` rejects where the broker refuses. */
  read(wish: InboxWish): { readonly inbox: Inbox; readonly open: Promise<void> };
  /** Stops it. */
  drop(inbox: Inbox): Promise<void>;
}

export interface SessionOptions {
  readonly reading: StreamReading;
  readonly spool: Spool;
  readonly clock: Clock;
  /** Who may put a stream together, and who may hand one over. */
  readonly readers: Turns;
  readonly handlers: Turns;
  readonly handler: StreamHandler;
  readonly maxBytes: number;
  /** The disk has a part more. */
  readonly onPart: () => void;
  readonly onTrouble: (error: Error) => void;
  /** A turn went by without a part. */
  readonly onStalled: (session: StreamSession) => void;
}

/** Why a turn of reading parts has ended. */
type TurnEnd = 'left' | 'complete' | 'over' | 'silent' | 'parked' | 'trouble';

const LEFT = new Error('the stream is left to another reader');
/** Bytes of parts that are here and not on the disk. */
const WINDOW_BYTES = 2_097_152;
const MOST_WINDOW = 8;
/** How long others who wait for a turn bear with one that does not go on. */
const PARK_MS = 500;
const TROUBLE_MS = 5_000;

/** One stream that was announced to this reader, until its announcement is settled or lost. */
export class StreamSession {
  /** By the clock, when the last part came. */
  lastHeard: number;
  isStalled = false;
  private readonly leaving = new AbortController();
  private failed: Promise<void> | undefined;
  private givenUp: string | undefined;
  private endTurn: (how: TurnEnd) => void = () => undefined;

  constructor(
    private readonly options: SessionOptions,
    readonly announcement: Incoming,
  ) {
    this.lastHeard = options.clock.now();
  }

  get sender(): string {
    return this.announcement.sender.id;
  }

  /** Until the announcement is settled, or given back unseen. */
  async run(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      if (error !== LEFT) {
        this.options.onTrouble(error as Error);
        await delay(this.options.clock, TROUBLE_MS, this.leaving.signal).catch(() => undefined);
      }
    }
    // The next reader goes on with what is on the disk.
    if (!this.announcement.isSettled) comesAgainOtherwise(() => this.announcement.release());
  }

  /** Ends it unless its handler is at work: the reader stops, or the announcement is lost with its connection. */
  leave(): void {
    this.leaving.abort(LEFT);
    this.endTurn('left');
  }

  /** Into the dead letters, without waiting for what may still come. */
  giveUp(reason: string): void {
    this.givenUp = reason;
    this.endTurn('over');
  }

  private async work(): Promise<void> {
    const { announcement, options } = this;
    const about = announcementOf(announcement.wire.properties);
    if (about === undefined) {
      await announcement.rejectBecause('stream', 'it announces a stream, but not its id, its life and its part size');
      return;
    }
    const key = { ...about, sender: this.sender, recipient: announcement.recipient.id };
    const { spooled, release } = await this.tried(() => options.spool.stream(key));
    try {
      await this.live(about, spooled);
    } finally {
      await spooled.close();
      release();
    }
  }

  private async live(about: Announcement, spooled: SpooledStream): Promise<void> {
    const { announcement } = this;
    const before = await spooled.outcome();
    if (before?.how === 'failed') await this.fail(spooled, before.reason);
    if (before?.how === 'done' || !(await this.gather(about, spooled))) {
      comesAgainOtherwise(() => announcement.acknowledge());
      return;
    }
    const { end } = spooled;
    if (end === undefined) return;
    const wrong = await mismatch(spooled, end);
    if (wrong === undefined) {
      await this.handOver(about, spooled, end);
      return;
    }
    await this.fail(spooled, `the stream ${about.id} is not what its sender says: ${wrong}`);
    comesAgainOtherwise(() => announcement.acknowledge());
  }

  /** Answers whether all is here; what has failed is read to its end, and dropped. */
  private async gather(about: Announcement, spooled: SpooledStream): Promise<boolean> {
    const { readers, clock } = this.options;
    while (this.failed !== undefined || !spooled.isComplete) {
      if (!(await readers.take(this.sender, this.leaving.signal))) throw LEFT;
      let how: TurnEnd;
      try {
        how = this.givenUp === undefined ? await this.readOn(about, spooled) : 'over';
      } finally {
        readers.giveBack();
      }
      if (how === 'left') throw LEFT;
      if (this.givenUp !== undefined) await this.fail(spooled, this.givenUp);
      if (how === 'over' || this.givenUp !== undefined) return false;
      if (how === 'trouble') await delay(clock, TROUBLE_MS, this.leaving.signal);
      if (how !== 'silent') continue;
      if (this.failed !== undefined) return false;
      const { parts, end } = spooled;
      const missing = end === undefined ? 'its end is missing' : `${end.parts - parts} of its parts are missing`;
      await this.fail(spooled, `nothing more of the stream ${about.id} came for ${about.lifeMs} ms; ${missing}`);
      this.lastHeard = clock.now();
    }
    return true;
  }

  private async readOn(about: Announcement, spooled: SpooledStream): Promise<TurnEnd> {
    const { reading } = this.options;
    const { recipient, wire } = this.announcement;
    const ended = new Promise<TurnEnd>((resolve) => (this.endTurn = resolve));
    if (this.leaving.signal.aborted) return 'left';
    const window = Math.max(1, Math.min(MOST_WINDOW, Math.floor(WINDOW_BYTES / about.partBytes)));
    const { inbox, open } = reading.read({
      recipients: [recipient],
      selection: { replyFor: undefined, topic: undefined, stream: { id: about.id, address: wire.to } },
      window,
      concurrency: window,
      handler: (part) => this.take(part, about, spooled),
    });
    open.catch((error: unknown) => this.trouble(error));
    const stopWatching = this.watch(about);
    try {
      return await ended;
    } finally {
      stopWatching();
      await reading.drop(inbox);
    }
  }

  /** Ends a turn in which nothing comes. */
  private watch(about: Announcement): () => void {
    const { clock, readers, onStalled } = this.options;
    const start = clock.now();
    let cancel = (): void => undefined;
    const look = (): void => {
      const silent = clock.now() - this.lastHeard;
      if (silent >= about.lifeMs) this.endTurn('silent');
      else if (readers.isWanted && silent >= PARK_MS) {
        this.isStalled = this.lastHeard < start;
        this.endTurn('parked');
        if (this.isStalled) onStalled(this);
      } else cancel = clock.after(Math.min(PARK_MS, about.lifeMs), look);
    };
    cancel = clock.after(Math.min(PARK_MS, about.lifeMs), look);
    return () => cancel();
  }

  private async take(message: Incoming, about: Announcement, spooled: SpooledStream): Promise<void> {
    this.lastHeard = this.options.clock.now();
    this.isStalled = false;
    const part = partOf(message.wire.properties);
    const isLast = part !== undefined && part.kind !== 'part';
    try {
      if (this.failed !== undefined || part?.kind === 'aborted') {
        if (this.failed === undefined) await spooled.settle({ how: 'done' });
        if (isLast) this.endTurn('over');
        return;
      }
      const wrong = part === undefined ? 'a part without its number' : this.wrongWith(part, message, about, spooled);
      if (part === undefined || wrong !== undefined) {
        await this.fail(spooled, `the stream ${about.id} cannot be put together: ${wrong ?? ''}`);
        if (isLast) this.endTurn('over');
        return;
      }
      await (part.kind === 'end' ? spooled.putEnd(part.end) : spooled.put(part.number, message.body));
      this.options.onPart();
    } catch (error) {
      comesAgainOtherwise(() => message.release());
      this.trouble(error);
      return;
    }
    if (spooled.isComplete) this.endTurn('complete');
  }

  private wrongWith(
    part: { kind: 'part'; number: number } | { kind: 'end'; end: StreamEnd },
    { body }: Incoming,
    { partBytes }: Announcement,
    spooled: SpooledStream,
  ): string | undefined {
    const { maxBytes } = this.options;
    const end = part.kind === 'end' ? part.end : spooled.end;
    if (end !== undefined && end.length > maxBytes) return `${end.length} bytes; ${maxBytes} are taken`;
    if (part.kind === 'end') return undefined;
    if (body.length === 0 || body.length > partBytes) return `part ${part.number} has ${body.length} bytes`;
    if (part.number >= (end?.parts ?? MOST_PARTS)) return `part ${part.number} is after its end`;
    if (spooled.has(part.number)) return undefined;
    if (spooled.length + body.length > maxBytes) return `more than ${maxBytes} bytes, which are taken`;
    return undefined;
  }

  private async fail(spooled: SpooledStream, reason: string): Promise<void> {
    this.failed ??= this.announcement.bury('stream', reason).then(() => spooled.settle({ how: 'failed', reason }));
    await this.failed;
  }

  private async handOver(about: Announcement, spooled: SpooledStream, end: StreamEnd): Promise<void> {
    const { handlers, handler } = this.options;
    if (!(await handlers.take(this.sender, this.leaving.signal))) throw LEFT;
    try {
      // Another reader may have been done with it while it waited here.
      if ((await spooled.outcome())?.how === 'done') {
        comesAgainOtherwise(() => this.announcement.acknowledge());
        return;
      }
      const message = new SpooledMessage(this.announcement, spooled, end, about.id);
      try {
        await handler(message);
        if (!message.isSettled) await message.acknowledge();
      } catch (error) {
        if (message.isSettled) return;
        if (error instanceof Reject) await message.reject(error.message).catch(() => undefined);
        else await message.retryLater().catch(() => undefined);
      }
    } finally {
      handlers.giveBack();
    }
  }

  private trouble(error: unknown): void {
    this.options.onTrouble(error as Error);
    this.endTurn('trouble');
  }

  private async tried<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        this.options.onTrouble(error as Error);
        await delay(this.options.clock, TROUBLE_MS, this.leaving.signal);
      }
    }
  }
}

/** In words; undefined where all is as it should be. */
async function mismatch(spooled: SpooledStream, end: StreamEnd): Promise<string | undefined> {
  for (let number = 0; number < spooled.parts; number += 1)
    if (number >= end.parts || !spooled.has(number)) return `parts after the ${end.parts} that it has`;
  if (spooled.length !== end.length) return `${spooled.length} bytes instead of ${end.length}`;
  const sha256 = await spooled.sha256();
  return sha256 === end.sha256 ? undefined : `SHA-256 ${sha256} instead of ${end.sha256}`;
}
