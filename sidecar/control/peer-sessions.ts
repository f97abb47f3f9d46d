import type { BrokerOperations } from '../broker/operations';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import type { BrokerPlan } from '../plan/broker-plan';
import { peerRole } from '../plan/roles';

export interface PeerSessionsOptions {
  readonly operations: Pick<BrokerOperations, 'sessions' | 'closeConnection'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const AGAIN_MS = 1_000;
const PEER = peerRole('');

/**
 * Ends what peers that come by their certificate alone still have open though they may not log in any more. By then the
 * broker lets them in no more. What cannot be closed is tried again until it is.
 */
export class PeerSessions {
  private cancel: () => void = () => undefined;
  private stopped = false;

  constructor(private readonly options: PeerSessionsOptions) {}

  /** A plan has gone live. */
  async follow(plan: BrokerPlan): Promise<void> {
    this.cancel();
    const { operations, clock, log } = this.options;
    const logins = plan.loginDomains.flatMap(({ certificates = [] }) => certificates);
    const known = new Set(logins.map(({ user }) => user));
    try {
      for (const { connection, validatedUser } of await operations.sessions()) {
        if (!validatedUser.startsWith(PEER) || known.has(validatedUser)) continue;
        await operations.closeConnection(connection);
        log.info('a connection closed: its peer may not log in any more', { peer: validatedUser.slice(PEER.length) });
      }
    } catch (error) {
      log.warn('connections of peers that may not log in any more could not be closed yet', { error });
      if (!this.stopped) this.cancel = clock.after(AGAIN_MS, () => void this.follow(plan));
    }
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }
}
