import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { delay, type Clock } from '../lib/clock';
import { sha256Hex } from '../lib/digest';
import { isRunning, markOf, type ProcessMark } from '../lib/process-place';
import { listenIn, listensIn } from './lease-socket';
import { NodeError } from './node-error';

const LEASE = 'lease';
/** How often a holder shows that it lives, for those who can see nothing else of it. */
const BEAT_MS = 2_000;
const LOOK_MS = 500;
/** For who is removing the lease of the dead. */
const CLAIMED_MS = 20;
/** Who has not shown it for so long is dead. */
const EXPIRES_MS = 10_000;

/** Whose a lease is. */
export interface Holder extends ProcessMark {
  /** Name of the socket at which it listens, in the folder; absent where there is none. */
  readonly socket?: string;
}

/**
 * What keeps one process the only one that works with a folder, also among containers and machines that share it. Whether a
 * holder lives is asked where it can be seen: in the same container by its process id and start, in another one of the same
 * machine at its socket, and on another machine by the time of the file, which the holder sets again and again.
 */
export class StateLease {
  private cancel = (): void => undefined;
  private isOver = false;

  private constructor(
    private readonly folder: string,
    private readonly text: string,
    private readonly closeSocket: (() => Promise<void>) | undefined,
    private readonly onLost: (error: NodeError) => void,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes the lease for the process `pid` of this container. `onLost` is called once when another has taken it, which
   * happens to one that stood still for longer than the lease is valid. Throws NodeError NODE_IN_USE while another lives.
   */
  static async take(
    folder: string,
    { pid, clock, onLost }: { pid: number; clock: Clock; onLost: (error: NodeError) => void },
  ): Promise<StateLease> {
    const mark = await markOf(pid);
    const id = randomUUID();
    const socket = `.${LEASE}-${id}.socket`;
    const closeSocket = await listenIn(folder, socket);
    const holder: Holder = { ...mark, ...(closeSocket && { socket }) };
    const text = `${JSON.stringify(holder)}\n`;
    const mine = join(folder, `.${LEASE}-${id}`);
    try {
      // Written first and linked then: nobody sees a lease that does not say yet whose it is.
      await writeFile(mine, text, { mode: 0o600 });
      while (!(await linkAt(mine, folder))) await takeFromTheDead(folder, mark, clock);
    } catch (error) {
      await closeSocket?.();
      throw error;
    } finally {
      await rm(mine, { force: true });
    }
    const lease = new StateLease(folder, text, closeSocket, onLost, clock);
    lease.beatLater();
    return lease;
  }

  async release(): Promise<void> {
    this.isOver = true;
    this.cancel();
    if ((await read(this.folder)) === this.text) await rm(join(this.folder, LEASE), { force: true });
    await this.closeSocket?.();
  }

  private beatLater(): void {
    if (this.isOver) return;
    this.cancel = this.clock.after(BEAT_MS, () => void this.beat());
  }

  private async beat(): Promise<void> {
    // A disk that fails for a moment is told by those who write to it.
    const there = await read(this.folder).catch(() => this.text);
    if (this.isOver) return;
    const file = join(this.folder, LEASE);
    const now = this.clock.now() / 1000;
    if (there === this.text) {
      await utimes(file, now, now).catch(() => undefined);
    } else if (there === undefined) {
      // Removed by hand. Who takes it in this moment is seen at the next beat.
      await writeFile(file, this.text, { mode: 0o600, flag: 'wx' }).catch(() => undefined);
    } else {
      this.onLost(lost(this.folder, there));
      return;
    }
    this.beatLater();
  }
}

/** Whose the lease of a folder is, where it lives as far as can be seen at once; undefined where nobody holds it. */
export async function livingHolder(folder: string, clock: Clock): Promise<Holder | undefined> {
  const text = await read(folder);
  const holder = text === undefined ? undefined : parse(text);
  if (holder === undefined) return undefined;
  const seen = await lives(folder, holder);
  if (seen !== undefined) return seen ? holder : undefined;
  const time = await beatTime(folder);
  return time !== undefined && Math.abs(clock.now() - time) < EXPIRES_MS ? holder : undefined;
}

/** Throws NodeError NODE_IN_USE when it is alive, or takes what it holds away. */
async function takeFromTheDead(folder: string, mark: ProcessMark, clock: Clock): Promise<void> {
  const text = await read(folder);
  if (text === undefined) return;
  const holder = parse(text);
  if (holder !== undefined && !isSame(holder, mark)) {
    const isAlive = (await lives(folder, holder)) ?? (await beats(folder, text, clock));
    if (isAlive) throw inUse(folder, holder, mark);
  }
  await takeAway(folder, text, clock);
  if (holder?.socket !== undefined) await rm(join(folder, holder.socket), { force: true });
}

/** Whether a holder lives; undefined where only its beat can tell. */
async function lives(folder: string, holder: Holder): Promise<boolean | undefined> {
  const seen = await isRunning(holder);
  if (seen !== undefined) return seen;
  const { system } = await markOf(process.pid);
  // Of another machine's sockets nothing is known here.
  if (system !== holder.system || holder.socket === undefined) return undefined;
  return listensIn(folder, holder.socket);
}

/** By what changes while we look: the clocks of two machines differ. */
async function beats(folder: string, text: string, clock: Clock): Promise<boolean> {
  const first = await beatTime(folder);
  for (const end = clock.now() + EXPIRES_MS; clock.now() < end;) {
    await delay(clock, LOOK_MS);
    if ((await read(folder)) !== text) return false;
    if ((await beatTime(folder)) !== first) return true;
  }
  return false;
}

/** Milliseconds since the epoch. */
function beatTime(folder: string): Promise<number | undefined> {
  return stat(join(folder, LEASE)).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/**
 * Of the dead. Many may find it dead at once: who makes the claim for this one may remove it, and nobody else, so that what is
 * removed is never the lease of who came next.
 */
async function takeAway(folder: string, text: string, clock: Clock): Promise<void> {
  const file = join(folder, LEASE);
  const claim = join(folder, `.${LEASE}-${sha256Hex(text).slice(0, 32)}`);
  try {
    await link(file, claim);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'EEXIST') throw error;
    const { ctimeMs } = await stat(claim).catch(() => ({ ctimeMs: Infinity }));
    // Whoever made it was killed before he was done.
    if (clock.now() - ctimeMs > EXPIRES_MS) await rm(claim, { force: true });
    else await delay(clock, CLAIMED_MS);
    return;
  }
  try {
    if ((await readFile(claim, 'utf8')) === text) await rm(file);
  } finally {
    await rm(claim, { force: true });
  }
}

async function linkAt(file: string, folder: string): Promise<boolean> {
  try {
    await link(file, join(folder, LEASE));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function read(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, LEASE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined where nobody can read whose it is. */
function parse(text: string): Holder | undefined {
  try {
    const { pid, system, space, began, socket } = JSON.parse(text) as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid !== 'number' || typeof system !== 'string' || typeof space !== 'string') return undefined;
    return {
      ...{ pid, system, space },
      ...(typeof began === 'string' && { began }),
      ...(typeof socket === 'string' && /^\.lease-[\w-]+\.socket$/.test(socket) && { socket }),
    };
  } catch {
    return undefined;
  }
}

function isSame(holder: ProcessMark, mark: ProcessMark): boolean {
  const keys = ['pid', 'system', 'space', 'began'] as const;
  return keys.every((key) => holder[key] === mark[key]);
}

function inUse(folder: string, { pid, system, space }: Holder, mark: ProcessMark): NodeError {
  const elsewhere =
    system !== mark.system ? ' on another machine' : space !== mark.space ? ' of another container' : '';
  return new NodeError('NODE_IN_USE', `a sidecar with process id ${pid}${elsewhere} works with ${folder}`, {
    remedy: 'stop it first, or give this node a state folder of its own',
  });
}

function lost(folder: string, text: string): NodeError {
  const who = `process ${parse(text)?.pid ?? 'unknown'}`;
  return new NodeError('NODE_IN_USE', `${folder} is not this sidecar's any more: ${who} has taken the lease`, {
    remedy: 'run one sidecar with a state folder; the other one goes on',
  });
}
