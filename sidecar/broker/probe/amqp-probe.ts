import {
  SenderEvents,
  type AwaitableSender,
  type Connection,
  type EventContext,
  type Message,
  type Receiver,
  type Session,
  type Source,
} from 'rhea-promise';
import { messageOf } from '../../lib/errors';
import { AccessError } from '../amqp/access-error';
import { isTaken, whenEnded, type LinkCondition } from '../amqp/link-answer';
import { openAmqp } from '../amqp/open-amqp';
import { where, type Entrance } from './entrance';
import { inTime } from './in-time';
import { ALLOWED, refusalIn, refusedAt, type Outcome } from './outcome';

/** An AMQP connection over which accesses are tried, one or many at a time. */
export class AmqpProbe {
  private readonly lost: Promise<LinkCondition>;
  private isLost = false;
  private session: Promise<Session> | undefined;

  private constructor(
    private readonly connection: Connection,
    private readonly entrance: Entrance,
  ) {
    this.lost = new Promise((resolve) => {
      const tell = (context: EventContext): void => {
        this.isLost = true;
        resolve(
          (context.connection.error ?? context.error ?? { description: 'the connection was closed' }) as LinkCondition,
        );
      };
      for (const event of ['connection_error', 'connection_close', 'disconnected', 'protocol_error'])
        connection.once(event, tell);
    });
  }

  /** Throws AccessError. */
  static async open(entrance: Entrance): Promise<AmqpProbe> {
    return new AmqpProbe(await openAmqp(entrance), entrance);
  }

  /** Whether a sender to the address is let in; sends nothing. */
  async attachSender(address: string): Promise<Outcome> {
    const sender = await this.sender(address);
    if (isOutcome(sender)) return sender;
    await leave(sender);
    return ALLOWED;
  }

  /** Sends one message: by a link to `address`, or with none by the anonymous relay to the message's own `to`. */
  async send(address: string | undefined, message: Message): Promise<Outcome> {
    const sender = await this.sender(address);
    if (isOutcome(sender)) return sender;
    // When the connection is lost the library would wait on, and keep the process.
    const abort = new AbortController();
    try {
      const { timeoutMs } = this.entrance;
      const options = { timeoutInSeconds: timeoutMs / 1000, abortSignal: abort.signal };
      return await this.outcomeOf(
        sender.send(message, options).then(() => ALLOWED),
        `a message to ${address ?? String(message.to)}`,
      );
    } finally {
      abort.abort();
      await leave(sender);
    }
  }

  /** Whether a receiver at the source is let in; takes nothing. */
  async attachReceiver(source: Source | string): Promise<Outcome> {
    const receiver = await this.receiver(source);
    if (isOutcome(receiver)) return receiver;
    await leave(receiver);
    return ALLOWED;
  }

  /** A receiver that takes nothing before it is given credit, or why there is none. */
  async receiver(source: Source | string): Promise<Receiver | Outcome> {
    // The library would wait for an answer of a connection that is gone.
    if (this.isLost) return this.refusal(await this.lost);
    const session = await this.openSession();
    const what = typeof source === 'string' ? source : source.address;
    const opening = session.createReceiver({ source, credit_window: 0, autoaccept: false });
    return this.linkOf(opening, what);
  }

  async close(): Promise<void> {
    await inTime(this.connection.close(), this.entrance.timeoutMs, 'closing').catch(() => undefined);
  }

  private async sender(address: string | undefined): Promise<AwaitableSender | Outcome> {
    if (this.isLost) return this.refusal(await this.lost);
    const session = await this.openSession();
    const target = address === undefined ? {} : { address };
    const link = await this.linkOf(
      session.createAwaitableSender({ target: target as Source }),
      address ?? 'the anonymous relay',
    );
    if (isOutcome(link) || link.sendable()) return link;
    const answer = new Promise<AwaitableSender | Outcome>((resolve) => {
      link.once(SenderEvents.sendable, () => resolve(link));
      for (const event of [SenderEvents.senderError, SenderEvents.senderClose]) {
        link.once(event, () => resolve(this.refusal(link.error as LinkCondition | undefined)));
      }
    });
    return this.race(answer, `credit for ${address ?? 'the anonymous relay'}`);
  }

  private async linkOf<Link extends Receiver | AwaitableSender>(
    opening: Promise<Link>,
    what: string,
  ): Promise<Link | Outcome> {
    const linked = opening.then(
      async (link): Promise<Link | Outcome> => {
        if (isTaken(link)) return link;
        return this.refusal(await whenEnded(link, this.entrance.timeoutMs));
      },
      (error: unknown) => this.refusal(error as LinkCondition),
    );
    return this.race(linked, what);
  }

  private outcomeOf(work: Promise<Outcome>, what: string): Promise<Outcome> {
    return this.race(
      work.catch((error: unknown) => this.refusal(innerCondition(error))),
      what,
    );
  }

  private async race<Result>(work: Promise<Result>, what: string): Promise<Result | Outcome> {
    const lost = this.lost.then((condition) => this.refusal(condition));
    return inTime(Promise.race([work, lost]), this.entrance.timeoutMs, `${where(this.entrance)} about ${what}`);
  }

  private refusal(condition: LinkCondition | undefined): Outcome {
    const said = [condition?.condition, condition?.description ?? (condition && messageOf(condition))];
    const words = said.filter((part) => part !== undefined && part !== '').join(': ');
    const refusal = refusalIn(words);
    if (refusal !== undefined) return refusal;
    if (condition instanceof Error && condition.name === 'OperationTimeoutError') {
      throw new AccessError('ACCESS_TIMEOUT', `${where(this.entrance)} does not answer`, { decision: 'retry' });
    }
    return refusedAt('protocol', words);
  }

  private openSession(): Promise<Session> {
    this.session ??= this.connection.createSession().then((session) => session.setMaxListeners(0));
    return inTime(this.session, this.entrance.timeoutMs, `a session at ${where(this.entrance)}`);
  }
}

export function isOutcome(value: object): value is Outcome {
  return 'allowed' in value;
}

function innerCondition(error: unknown): LinkCondition {
  const inner = (error as { innerError?: LinkCondition } | undefined)?.innerError;
  return inner ?? (error as LinkCondition);
}

async function leave(link: Receiver | AwaitableSender): Promise<void> {
  await link.close({ closeSession: false }).catch(() => undefined);
}
