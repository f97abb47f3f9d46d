import type { Connection, EventContext } from 'rhea-promise';
import { cordaAddresses } from '../../../sidecar/plan/address-profile';
import { LastingConnection } from './lasting-connection';
import type { NodeAccess } from './node-access';

/** What came of one sender's run. */
export interface Collected {
  /** Numbers in the order of their arrival, each once. */
  readonly numbers: number[];
  /** Arrivals of numbers that had arrived before. */
  twice: number;
  /** When the last one arrived, milliseconds since the epoch. */
  lastAt: number;
  /** Ids of the senders that the messages' `to` names, '?' where it names none. */
  readonly senders: Set<string>;
}

const CREDIT = 500;

/** Takes what comes in for a node as its application does, and keeps account of it. */
export class Collector {
  private readonly runs = new Map<string, Collected & { readonly seen: Set<number> }>();
  private readonly connection: LastingConnection;

  /** `id` is the node's own. */
  constructor(access: NodeAccess, id: string) {
    const address = `${cordaAddresses.inboundWildcard(id)}::${cordaAddresses.inboundQueue(id)}`;
    this.connection = new LastingConnection(access, (connection) => this.attach(connection, address));
  }

  start(): Promise<void> {
    return this.connection.start();
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  of(run: string): Collected {
    return this.account(run);
  }

  private account(run: string): Collected & { readonly seen: Set<number> } {
    const found = this.runs.get(run) ?? { numbers: [], twice: 0, lastAt: 0, senders: new Set(), seen: new Set() };
    this.runs.set(run, found);
    return found;
  }

  private async attach(connection: Connection, address: string): Promise<void> {
    const receiver = await connection.createReceiver({
      source: { address },
      credit_window: CREDIT,
      onMessage: ({ message }: EventContext) => {
        const { run, number } = (message?.application_properties ?? {}) as { run: string; number: number };
        this.note(run, number, message?.to);
      },
      // A connection that is lost takes the link along, and is made anew.
      onError: () => undefined,
    });
    if (!receiver.isOpen()) throw new Error('the link is refused', { cause: receiver.error });
  }

  private note(run: string, number: number, to: string | undefined): void {
    const account = this.account(run);
    account.lastAt = Date.now();
    account.senders.add(cordaAddresses.senderOf(to ?? '') ?? '?');
    if (account.seen.has(number)) account.twice += 1;
    else {
      account.seen.add(number);
      account.numbers.push(number);
    }
  }
}

/** Places where a number does not follow the one before it: none when nothing is missing or out of order. */
export function breaks(numbers: readonly number[]): string[] {
  const found: string[] = [];
  numbers.forEach((number, index) => {
    const before = numbers[index - 1] ?? 0;
    if (number !== before + 1) found.push(`${number} after ${before}`);
  });
  return found;
}
