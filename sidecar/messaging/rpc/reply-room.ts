import type { Clock } from '../../lib/clock';

/** What is under way to one user and not stored by the broker; more waits. */
const MOST = { replies: 100, bytes: 1_048_576 } as const;
/** Who has no room, and of whose replies none was stored for so long, does not read; milliseconds. */
const DEAF_MS = 1_000;

interface User {
  replies: number;
  bytes: number;
  /** Counts the replies that were stored. */
  stored: number;
  /** He does not read: there is no waiting for him until one more is stored. */
  isDeaf: boolean;
  waiting: ((hasRoom: boolean) => void)[];
  cancel: () => void;
}

/**
 * Room for the replies to each user, so that one who does not read holds up no handler for long, and fills no memory. By user, as one may have
 * any number of reply queues.
 */
export class ReplyRoom {
  private readonly users = new Map<string, User>();

  constructor(private readonly clock: Clock) {}

  /** Resolves with whether there is room, which is then taken; false: the user does not read. */
  async enter(name: string, bytes: number): Promise<boolean> {
    const user = this.user(name);
    while (isFull(user)) {
      if (user.isDeaf || !(await this.wait(user))) return false;
    }
    user.replies += 1;
    user.bytes += bytes;
    return true;
  }

  leave(name: string, bytes: number, stored: boolean): void {
    const user = this.user(name);
    user.replies -= 1;
    user.bytes -= bytes;
    if (stored) {
      user.stored += 1;
      user.isDeaf = false;
    }
    // Whoever is told now enters in a moment.
    const isAwaited = user.waiting.length > 0;
    this.tell(user, true);
    if (user.replies === 0 && !user.isDeaf && !isAwaited) this.users.delete(name);
  }

  private user(name: string): User {
    const known = this.users.get(name);
    if (known !== undefined) return known;
    const user: User = { replies: 0, bytes: 0, stored: 0, isDeaf: false, waiting: [], cancel: () => undefined };
    this.users.set(name, user);
    return user;
  }

  private wait(user: User): Promise<boolean> {
    if (user.waiting.length === 0) this.watch(user);
    return new Promise((resolve) => user.waiting.push(resolve));
  }

  private watch(user: User): void {
    const { stored } = user;
    user.cancel = this.clock.after(DEAF_MS, () => {
      if (user.stored !== stored) {
        this.watch(user);
        return;
      }
      user.isDeaf = true;
      this.tell(user, false);
    });
  }

  private tell(user: User, hasRoom: boolean): void {
    user.cancel();
    for (const resolve of user.waiting.splice(0)) resolve(hasRoom);
  }
}

function isFull({ replies, bytes }: User): boolean {
  return replies >= MOST.replies || bytes >= MOST.bytes;
}
