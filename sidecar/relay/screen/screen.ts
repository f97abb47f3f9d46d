import type { Clock } from '../../lib/clock';
import type { Logger } from '../../lib/log';
import type { Processors } from '../../lib/processors';
import type { AmqpConnection } from '../../messaging/amqp/amqp-connection';
import { RECONNECT, SEND_WINDOW } from '../../messaging/client/client-options';
import { ConnectionKeeper } from '../../messaging/client/keeper';
import { Outbox } from '../../messaging/client/outbox';
import { DEAD_LETTER_ADDRESS } from '../../messaging/dead-letter';
import type { Opening, ReceiverLink, Settlement, WireDelivery, WireMessage } from '../../messaging/transport';
import type { SwaptacularNode, SwaptacularPeer } from '../../network/swaptacular-node';
import { cordaAddresses } from '../../plan/address-profile';
import { peerRole } from '../../plan/roles';
import { RECEIVED } from '../../plan/swaptacular-plan';
import { checkReceived, type Verdict } from './check-received';
import { Pace } from './pace';
import { PacedLink } from './paced-link';
import { relationOf, type Relation } from './relation';
import { refusalKind, type RefusalKind, type ScreenCounts } from './refusal-kind';
import { deadLetterOf, frameFault, passedOn, receivedOf } from './screened';

export type ScreenConnection = Pick<AmqpConnection, 'openSender' | 'openSource' | 'close'>;

export interface ScreenOptions {
  /** The address to which peers send. */
  readonly destination: string;
  readonly ownId: string;
  /** Opens a connection to the own broker, as the node. */
  readonly open: Opening<ScreenConnection>;
  readonly clock: Clock;
  readonly processors: Processors;
  readonly random: () => number;
  readonly log: Logger;
}

const AGAIN_MS = 1_000;
const ROLE = peerRole('');

/**
 * Looks at everything that peers have sent before an application does. What the specification allows goes on to the
 * ingress address of its sender, unchanged and in order; the rest goes to the dead letters with the reason. A message
 * leaves the one queue when the broker has it in the other; what is carried twice because of a crash is dropped there.
 */
export class Screen {
  private readonly keeper: ConnectionKeeper<ScreenConnection>;
  private readonly outboxes = new Map<string, Outbox>();
  /** By peer id. Who has left stays: what he has sent before is his still. */
  private readonly relations = new Map<string, Relation | undefined>();
  private accepted = 0;
  private readonly refused: Partial<Record<RefusalKind, number>> = {};
  private cancel: () => void = () => undefined;
  private stopped = false;

  constructor(private readonly options: ScreenOptions) {
    const { clock, random, open } = options;
    this.keeper = new ConnectionKeeper(
      open,
      clock,
      {
        onConnected: (connection) => {
          for (const outbox of this.outboxes.values()) outbox.connected(connection);
          void this.read(connection);
        },
        onDisconnected: () => {
          for (const outbox of this.outboxes.values()) outbox.disconnected();
        },
      },
      { ...RECONNECT, random },
    );
  }

  /** Begins; where the broker cannot be reached it is tried again. */
  start(): void {
    this.keeper.keepTrying();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    await this.keeper.close();
  }

  /** The own node and the peers that the map has now; what IDs are allotted may change with a new peer. */
  follow(own: Pick<SwaptacularNode, 'id' | 'nodeType' | 'subnet'>, peers: readonly SwaptacularPeer[]): void {
    for (const peer of peers) this.relations.set(peer.id, relationOf(own, peer));
  }

  counts(): ScreenCounts {
    return { accepted: this.accepted, refused: { ...this.refused } };
  }

  private async read(connection: ScreenConnection, pace = new Pace(this.options)): Promise<void> {
    const { destination, clock, log } = this.options;
    this.cancel();
    const isCurrent = (): boolean => this.keeper.current === connection && !this.stopped;
    const again = (error: unknown): void => {
      if (!isCurrent()) return;
      this.cancel();
      log.warn('what peers have sent cannot be read', { error });
      this.cancel = clock.after(AGAIN_MS, () => {
        if (isCurrent()) void this.read(connection);
      });
    };
    try {
      const link: ReceiverLink = await connection.openSource(
        { address: `${destination}::${RECEIVED}` },
        {
          onMessage: (wire, settle) => {
            paced.came();
            this.carry(wire, (how) => {
              if (!isCurrent() || paced.isOver) return;
              settle(how);
              paced.settled();
            });
          },
          onEnd: again,
        },
      );
      const paced = new PacedLink(link, pace, clock, (same) => {
        if (isCurrent()) void this.read(connection, same);
      });
      this.cancel = () => paced.stop();
      paced.ask();
    } catch (error) {
      again(error);
    }
  }

  private carry(wire: WireDelivery, settle: (how: Settlement) => void): void {
    const { ownId, clock, log } = this.options;
    const sender = wire.user?.startsWith(ROLE) === true ? wire.user.slice(ROLE.length) : '';
    const origin = cordaAddresses.ingress(ownId, sender);
    const done = (error?: Error): void => {
      if (error === undefined) {
        settle('accepted');
        return;
      }
      log.debug('a message of a peer stays where it is', { error });
      clock.after(AGAIN_MS, () => settle('released'));
    };
    const bury = (reason: string): void => {
      const refusal = { reason, at: clock.now(), sender, recipient: ownId, origin };
      this.outbox(DEAD_LETTER_ADDRESS).offer(deadLetterOf(wire, refusal), undefined, (error) => {
        if (error === undefined) {
          const kind = refusalKind(reason);
          this.refused[kind] = (this.refused[kind] ?? 0) + 1;
          log.info('a message of a peer is refused', { peer: sender, reason });
        }
        done(error);
      });
    };
    try {
      const verdict = this.verdict(wire, sender);
      if ('refused' in verdict) bury(verdict.refused);
      else this.pass(origin, passedOn(wire, verdict.headers, verdict.body), bury, done);
    } catch (error) {
      done(error as Error);
    }
  }

  private pass(
    address: string,
    message: WireMessage,
    bury: (reason: string) => void,
    done: (error?: Error) => void,
  ): void {
    this.outbox(address).offer(message, undefined, (error) => {
      if (error !== undefined && !this.stopped) {
        bury(`The own broker does not take it: ${error.message}`);
        return;
      }
      if (error === undefined) this.accepted += 1;
      done(error);
    });
  }

  private verdict(wire: WireDelivery, sender: string): Verdict {
    const relation = this.relations.get(sender);
    if (relation === undefined) return { refused: 'No IDs are allotted between its sender and this node.' };
    const refused = frameFault(wire);
    if (refused !== undefined) return { refused };
    return checkReceived(receivedOf(wire), relation, this.options.clock.now());
  }

  private outbox(address: string): Outbox {
    const known = this.outboxes.get(address);
    if (known !== undefined) return known;
    const { clock, random } = this.options;
    const outbox = new Outbox({ address, window: SEND_WINDOW, clock, random });
    this.outboxes.set(address, outbox);
    if (this.keeper.current !== undefined) outbox.connected(this.keeper.current);
    return outbox;
  }
}
