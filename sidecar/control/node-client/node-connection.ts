import type { AwaitableSender, Connection, Receiver, Source } from 'rhea-promise';
import { AccessError } from '../../broker/amqp/access-error';
import { linkError, openAmqp } from '../../broker/amqp/open-amqp';
import type { Config } from '../../config/config';
import type { Clock } from '../../lib/clock';
import { messageOf } from '../../lib/errors';
import type { HostAndPort } from '../../network/identity';
import { SYSTEM_USERS } from '../../plan/roles';
import type { NodeMaterial } from '../node-material';
import { notRunning } from './broker-not-running';

export interface NodeAccess {
  readonly config: Config;
  readonly material: NodeMaterial;
  readonly clock: Clock;
}

/** For each answer of the broker, milliseconds. */
const ANSWER_MS = 30_000;

/** A connection to the node's own broker as the node itself, which may send and read everything. */
export class NodeConnection {
  private readonly lost: Promise<never>;

  private constructor(
    private readonly connection: Connection,
    readonly address: HostAndPort,
    private readonly clock: Clock,
  ) {
    this.lost = new Promise((_, reject) => {
      const tell = (): void => {
        const reason = connection.error === undefined ? 'it was closed' : messageOf(connection.error);
        reject(
          new AccessError('ACCESS_UNREACHABLE', `the connection to the broker at ${this.where} was lost: ${reason}`, {
            remedy: 'look whether the broker still runs: netmap status',
            decision: 'retry',
          }),
        );
      };
      for (const event of ['connection_error', 'connection_close', 'disconnected', 'protocol_error'])
        connection.once(event, tell);
    });
    // Whoever waits for something hears of it; when nobody does it is no error.
    this.lost.catch(() => undefined);
  }

  /** Throws AccessError: no broker there, another one, or it does not let us in. */
  static async open({ config, material, clock }: NodeAccess): Promise<NodeConnection> {
    const { nodeKey: key, nodeChain: chain, ownCertificate } = material.stores;
    const address = config.management;
    const user = SYSTEM_USERS.node;
    try {
      const connection = await openAmqp({
        address,
        user,
        password: user,
        timeoutMs: ANSWER_MS,
        tls: {
          key,
          chain,
          verify: ([leaf]) => {
            if (leaf?.pem() !== ownCertificate) throw new Error('it does not show the certificate of this node');
          },
        },
      });
      return new NodeConnection(connection, address, clock);
    } catch (error) {
      throw notRunning(error, config.file);
    }
  }

  get where(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  /** A sender that the broker has given credit. Throws AccessError; ACCESS_REFUSED when there is no such address. */
  async sender(address: string): Promise<AwaitableSender> {
    const link = await this.linked(this.connection.createAwaitableSender({ target: { address } }), address);
    // A refusal follows the answer to the attach: the link is ours once credit has come.
    if (!link.sendable())
      await this.inTime(Promise.race([once(link, 'sendable'), this.closed(link, address)]), address);
    return link;
  }

  /** A receiver that gets messages once it is given credit. Throws AccessError. */
  async receiver(source: string | (Source & { readonly address: string })): Promise<Receiver> {
    const from = typeof source === 'string' ? { address: source } : source;
    const { address } = from;
    const link = await this.linked(
      this.connection.createReceiver({ source: from, credit_window: 0, autoaccept: false }),
      address,
    );
    if (!isSet(link.source)) await this.inTime(this.closed(link, address), address);
    return link;
  }

  /** The work's result, or AccessError when the connection is lost or there is no answer for so long. */
  async inTime<Result>(work: Promise<Result>, what: string, timeoutMs = ANSWER_MS): Promise<Result> {
    let cancel = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.clock.after(timeoutMs, () => {
        const message = `the broker at ${this.where} does not answer about ${what} within ${timeoutMs} ms`;
        reject(new AccessError('ACCESS_TIMEOUT', message, { decision: 'retry' }));
      });
    });
    try {
      return await this.orLost(Promise.race([work, late]));
    } finally {
      cancel();
    }
  }

  /** The work's result, or AccessError when the connection is lost before. */
  orLost<Result>(work: Promise<Result>): Promise<Result> {
    return Promise.race([work, this.lost]);
  }

  /** Rejects with what the broker says when it closes the link. */
  async closed(link: Receiver | AwaitableSender, address: string): Promise<never> {
    await Promise.race(
      ['receiver_error', 'receiver_close', 'sender_error', 'sender_close'].map((event) => once(link, event)),
    );
    throw this.refusal(link.error ?? new Error('it was closed'), address);
  }

  /** What the own broker says about a link, with what helps there. */
  refusal(error: unknown, address: string): AccessError {
    const found = linkError(error, this.where, address);
    if (found.code !== 'ACCESS_REFUSED') return found;
    return new AccessError(found.code, found.message, {
      remedy: 'see whether the broker is as the map says: netmap status, netmap plan',
      decision: found.decision,
      cause: found.cause,
    });
  }

  async close(): Promise<void> {
    await this.inTime(this.connection.close(), 'the end of the connection', 5_000).catch(() => undefined);
  }

  private async linked<Link extends Receiver | AwaitableSender>(
    opening: Promise<Link>,
    address: string,
  ): Promise<Link> {
    try {
      const link = await this.inTime(opening, address);
      if (!link.isOpen()) throw this.refusal(link.error ?? new Error('it was closed'), address);
      return link;
    } catch (error) {
      throw this.refusal(error, address);
    }
  }
}

/** A link whose other end is empty is refused; the reason follows. */
function isSet(terminus: unknown): boolean {
  return terminus !== undefined && terminus !== null && Object.keys(terminus).length > 0;
}

function once(link: Receiver | AwaitableSender, event: string): Promise<void> {
  return new Promise((resolve) => void link.once(event, () => resolve()));
}
