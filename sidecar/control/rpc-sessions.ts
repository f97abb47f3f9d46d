import type { BrokerOperations } from '../broker/operations';
import { Backoff } from '../lib/backoff';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import type { BrokerPlan } from '../plan/broker-plan';

export interface RpcSessionsOptions {
  readonly operations: Pick<BrokerOperations, 'connections' | 'closeConnection' | 'closeConnectionsOf'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

const SYSTEM = 'SystemUsers/';

/**
 * Ends what RPC users still have open whose login is gone or has another password now. By then the broker lets nobody in with the
 * old one. What cannot be closed is tried again until it is.
 */
export class RpcSessions {
  private readonly backoff: Backoff;
  /** Users whose connections are to be closed. */
  private readonly gone = new Set<string>();
  /** The users of the plan that went live first: whoever else is connected then has been there since before. */
  private firstUsers: ReadonlySet<string> | undefined;
  private cancel: () => void = () => undefined;
  private working: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: RpcSessionsOptions) {
    this.backoff = new Backoff({ min: 500, max: 30_000, random: options.random });
  }

  /** A plan has gone live. Resolves when the connections are closed, or the first try has failed. */
  async follow(before: BrokerPlan | undefined, plan: BrokerPlan): Promise<void> {
    const users = passwordsOf(plan);
    if (before === undefined) this.firstUsers = new Set(users.keys());
    else for (const [user, password] of passwordsOf(before)) if (users.get(user) !== password) this.gone.add(user);
    await this.work();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    await this.working;
  }

  private async work(): Promise<void> {
    if (this.gone.size === 0 && this.firstUsers === undefined) return;
    this.cancel();
    // A later call has perhaps more to do than the one that is at work.
    await this.working;
    this.working = this.closeAll();
    await this.working;
  }

  private async closeAll(): Promise<void> {
    const { operations, clock, log } = this.options;
    try {
      if (this.firstUsers !== undefined) await this.closeStrangers(this.firstUsers);
      this.firstUsers = undefined;
      for (const user of [...this.gone]) {
        const wasThere = await operations.closeConnectionsOf(user);
        this.gone.delete(user);
        if (wasThere) log.info('connections closed: the login of an RPC user has changed', { user });
      }
      this.backoff.reset();
    } catch (error) {
      log.warn('connections of an RPC user whose login has changed could not be closed yet', { error });
      if (!this.stopped) this.cancel = clock.after(this.backoff.next(), () => void this.work());
    }
  }

  private async closeStrangers(known: ReadonlySet<string>): Promise<void> {
    const { operations, log } = this.options;
    for (const { id, users } of await operations.connections()) {
      const stranger = users.find((user) => !user.startsWith(SYSTEM) && !known.has(user));
      if (stranger === undefined) continue;
      await operations.closeConnection(id);
      log.info('a connection closed: its user is no RPC user any more', { user: stranger });
    }
  }
}

function passwordsOf({ loginDomains }: BrokerPlan): Map<string, string> {
  const domain = loginDomains.find(({ name }) => name === 'rpc');
  return new Map(domain?.passwords.map(({ user, password }) => [user, password]));
}
