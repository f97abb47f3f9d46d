import type { Clock } from '../../lib/clock';
import type { Inbox } from '../client/inbox';
import { MessagingError } from '../messaging-error';
import type { Party } from '../party';
import type { Receiving } from '../received-message';
import { Spool } from './spool';
import { MOST_BYTES, type ReceiveStreamsOptions, type StreamHandler } from './stream';
import { StreamSession, type SessionOptions, type StreamReading } from './stream-session';
import { Turns } from './turns';

export interface StreamReaderOptions {
  readonly reading: StreamReading;
  readonly recipients: readonly Party[];
  readonly clock: Clock;
  readonly handler: StreamHandler;
  readonly wish: ReceiveStreamsOptions;
  /** Id of the only sender; all unless given. */
  readonly from: string | undefined;
}

/** Streams that are announced to one reader and not settled, for each own identity. */
const MOST_ANNOUNCED = 100;
/** Streams of one sender that do not go on; of more than these the one that is silent for longest is given up. */
const MOST_STALLED = 16;

/** One `receiveStreams`. */
export class StreamReader implements Receiving {
  private readonly sessions = new Set<StreamSession>();
  private announcements: Inbox | undefined;

  private constructor(
    private readonly options: StreamReaderOptions,
    private readonly session: SessionOptions,
    private readonly spool: Spool,
  ) {}

  /** Resolves when streams are asked for. Throws MessagingError RECEIVE_INVALID, RECEIVE_REFUSED, SPOOL_UNUSABLE. */
  static async open(options: StreamReaderOptions): Promise<StreamReader> {
    const { reading, clock, handler, wish, recipients, from } = options;
    const { open = 4, concurrency = 1, maxBytes = MOST_BYTES, topic } = wish;
    check(open, MOST_ANNOUNCED, 'open');
    check(concurrency, MOST_ANNOUNCED, 'concurrency');
    check(maxBytes, Number.MAX_SAFE_INTEGER, 'maxBytes');
    const spool = await Spool.open(wish.folder, clock);
    await spool.sweep();
    const reader = new StreamReader(
      options,
      {
        reading,
        spool,
        clock,
        readers: new Turns(open),
        handlers: new Turns(concurrency),
        handler,
        maxBytes,
        onPart: () => wish.onProgress?.(),
        onTrouble: (error) => wish.onTrouble?.(error),
        onStalled: (session) => reader.onStalled(session),
      },
      spool,
    );
    const { inbox, open: opened } = reading.read({
      recipients,
      selection: { topic, from, replyFor: undefined, stream: 'announced' },
      window: MOST_ANNOUNCED,
      concurrency: MOST_ANNOUNCED * recipients.length,
      handler: async (announcement) => {
        const session = new StreamSession(reader.session, announcement);
        reader.sessions.add(session);
        void reader.spool.sweep();
        await session.run();
        reader.sessions.delete(session);
      },
      onForgotten: () => reader.leaveAll(),
    });
    reader.announcements = inbox;
    try {
      await opened;
    } catch (error) {
      await reader.stop();
      throw error;
    }
    return reader;
  }

  async stop(): Promise<void> {
    const { announcements } = this;
    if (announcements === undefined) return;
    const dropped = this.options.reading.drop(announcements);
    this.leaveAll();
    await dropped;
  }

  private leaveAll(): void {
    for (const session of this.sessions) session.leave();
  }

  private onStalled({ sender }: StreamSession): void {
    const stalled = [...this.sessions].filter((session) => session.isStalled && session.sender === sender);
    const [longest] = stalled.sort((one, other) => one.lastHeard - other.lastHeard);
    if (stalled.length <= MOST_STALLED || longest === undefined) return;
    longest.isStalled = false;
    longest.giveUp(`its sender has more than ${MOST_STALLED} streams that do not go on`);
  }
}

function check(value: number, most: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw new MessagingError('RECEIVE_INVALID', `a ${what} of ${value}`, {
    remedy: `give a whole number from 1 to ${most}`,
  });
}
