import { stat } from 'node:fs/promises';
import { loadRpcUsers, type RpcUser } from '../config/rpc-users';
import type { Clock } from '../lib/clock';
import type { Problem } from './status';
import { problemOf } from './status-builder';

export interface UsersWatchOptions {
  /** Absolute path. */
  readonly file: string;
  /** As they were read last. */
  readonly users: readonly RpcUser[];
  readonly clock: Clock;
  /** Time between two looks, milliseconds; 500 unless given. */
  readonly intervalMs?: number;
  /** What was changed less than this long ago may be half-written: it is not taken yet. 500 ms unless given. */
  readonly settleMs?: number;
}

export type UsersListener = (users: readonly RpcUser[]) => void;

/**
 * Looks at the file of RPC users, and tells of each change. A file that is bad or gone changes nothing: why it is held is
 * told until it is good again.
 */
export class UsersWatch {
  private current: readonly RpcUser[];
  private problem: Problem | undefined;
  /** Which content was seen last, since when, and whether it was read. */
  private seen = { stamp: '', since: 0, isRead: false };
  private cancel: () => void = () => undefined;
  private looking: Promise<void> | undefined;
  private listener: UsersListener = () => undefined;
  private stopped = false;

  constructor(private readonly options: UsersWatchOptions) {
    this.current = options.users;
  }

  get users(): readonly RpcUser[] {
    return this.current;
  }

  /** Why the file as it is now is not taken; undefined where it is. */
  get held(): Problem | undefined {
    return this.problem;
  }

  start(listener: UsersListener): void {
    this.listener = listener;
    this.next();
  }

  /** After it resolves the listener is not called any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    await this.looking;
  }

  private next(): void {
    if (this.stopped) return;
    this.cancel = this.options.clock.after(this.options.intervalMs ?? 500, () => {
      this.looking = this.look().finally(() => this.next());
    });
  }

  private async look(): Promise<void> {
    const now = this.options.clock.now();
    const stamp = await this.stamp();
    if (stamp !== this.seen.stamp) this.seen = { stamp, since: now, isRead: false };
    if (this.seen.isRead || now - this.seen.since < (this.options.settleMs ?? 500)) return;
    this.seen.isRead = true;
    try {
      const users = await loadRpcUsers(this.options.file);
      // What was written meanwhile is another content, and has its own time to settle.
      if ((await this.stamp()) !== stamp || this.stopped) return;
      this.problem = undefined;
      if (isAlike(users, this.current)) return;
      this.current = users;
      this.listener(users);
    } catch (error) {
      this.problem = problemOf(error, now);
    }
  }

  private async stamp(): Promise<string> {
    try {
      const { ino, size, mtimeMs, ctimeMs } = await stat(this.options.file);
      return [ino, size, mtimeMs, ctimeMs].join(' ');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
  }
}

/** In any order. */
function isAlike(users: readonly RpcUser[], others: readonly RpcUser[]): boolean {
  const hashes = new Map(others.map(({ name, passwordHash }) => [name, passwordHash]));
  return users.length === others.length && users.every(({ name, passwordHash }) => hashes.get(name) === passwordHash);
}
