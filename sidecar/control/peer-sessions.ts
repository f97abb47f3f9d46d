import type { BrokerOperations } from '../broker/operations';
import type { Clock } from '../lib/clock';
import { eachLimited } from '../lib/each-limited';
import type { Logger } from '../lib/log';
import type { BrokerPlan } from '../plan/broker-plan';
import { peerRole } from '../plan/roles';

export interface PeerSessionsOptions {
  readonly operations: Pick<BrokerOperations, 'sessions' | 'connections' | 'totalConnections' | 'closeConnection'>;
  /** Port to which peers connect. */
  readonly port: number;
  /** Connections that one peer may have at a time. */
  readonly limit: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Between two looks; one costs a single number of the broker while nobody has come. */
const LOOK_MS = 250;
/** For a peer to say CONNECT, as long as the reference server waits. */
const SILENCE_MS = 10_000;
/** A peer that comes again and again is told of in the log so often at most. */
const TELL_MS = 60_000;
const AT_ONCE = 16;
const PEER = peerRole('');

/**
 * Ends what peers that come by their certificate alone may not have open: connections of those who may not log in any
 * more, connections beyond the limit of each, and those on which nobody says who he is. The broker itself lets in whoever
 * may log in, any number of times. Which of a peer's connections were there first is known of those that came while this runs.
 */
export class PeerSessions {
  private plan: BrokerPlan | undefined;
  /** By user, in the order in which they came. */
  private admitted = new Map<string, ReadonlySet<string>>();
  /** Who has not said CONNECT yet, and since when that is known. */
  private silent = new Map<string, number>();
  private readonly told = new Map<string, number>();
  private total: number | undefined;
  private cancel: () => void = () => undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: PeerSessionsOptions) {}

  /** A plan has gone live. Resolves when a look by it has ended, well or not; looks follow until the stop. */
  async follow(plan: BrokerPlan): Promise<void> {
    await this.looking;
    this.plan = plan;
    this.total = undefined;
    await this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    await this.looking;
  }

  private look(): Promise<void> {
    this.cancel();
    this.looking = this.lookOnce().finally(() => {
      this.looking = undefined;
      if (!this.stopped) this.cancel = this.options.clock.after(LOOK_MS, () => void this.look());
    });
    return this.looking;
  }

  private async lookOnce(): Promise<void> {
    try {
      // Asked for first: who comes in between is found at the next look.
      const total = await this.options.operations.totalConnections();
      if (total === this.total && this.silent.size === 0) return;
      await this.endSessions();
      await this.endSilence();
      this.total = total;
    } catch (error) {
      this.total = undefined;
      this.options.log.debug('connections of peers could not be looked at', { error });
    }
  }

  private async endSessions(): Promise<void> {
    const { limit } = this.options;
    const logins = this.plan?.loginDomains.flatMap(({ certificates = [] }) => certificates) ?? [];
    const known = new Set(logins.map(({ user }) => user));
    const own = peerRole(this.plan?.ownId ?? '');
    const over: [string, string][] = [];
    const admitted = new Map<string, ReadonlySet<string>>();
    for (const [user, open] of await this.openByUser()) {
      const before = [...(this.admitted.get(user) ?? [])].filter((id) => open.has(id));
      const all = [...new Set([...before, ...open])];
      // The node proves its broker under its own name.
      const most = user === own ? all.length : known.has(user) ? limit : 0;
      admitted.set(user, new Set(all.slice(0, most)));
      over.push(...all.slice(most).map((id): [string, string] => [user, id]));
    }
    this.admitted = admitted;
    await eachLimited(over, AT_ONCE, async ([, id]) => this.close(id));
    for (const user of new Set(over.map(([name]) => name))) this.tell(user, known.has(user));
  }

  private async openByUser(): Promise<Map<string, Set<string>>> {
    const found = new Map<string, Set<string>>();
    for (const { connection, validatedUser } of await this.options.operations.sessions()) {
      if (!validatedUser.startsWith(PEER)) continue;
      found.set(validatedUser, (found.get(validatedUser) ?? new Set()).add(connection));
    }
    return found;
  }

  private async endSilence(): Promise<void> {
    const { operations, port, clock } = this.options;
    const now = clock.now();
    const silent = new Map<string, number>();
    for (const { id, localAddress, sessionCount } of await operations.connections())
      if (sessionCount === 0 && localAddress.endsWith(`:${port}`)) silent.set(id, this.silent.get(id) ?? now);
    const over = [...silent].filter(([, since]) => now - since >= SILENCE_MS);
    this.silent = silent;
    await eachLimited(over, AT_ONCE, async ([id]) => this.close(id));
  }

  private async close(id: string): Promise<void> {
    await this.options.operations.closeConnection(id);
  }

  private tell(user: string, isKnown: boolean): void {
    const { limit, clock, log } = this.options;
    const now = clock.now();
    if (now - (this.told.get(user) ?? Number.NEGATIVE_INFINITY) < TELL_MS) return;
    this.told.set(user, now);
    const peer = user.slice(PEER.length);
    if (isKnown) log.warn('a peer has more connections than it may: the newest are closed', { peer, limit });
    else log.info('connections are closed: their peer may not log in any more', { peer });
  }
}
