import type { ComposeProject } from './compose-project';

/** What one organisation's generator of traffic has counted. */
export interface Counters {
  readonly node: string;
  readonly sent: Readonly<
    Record<string, { readonly stored: number; readonly underWay: number; readonly known: boolean }>
  >;
  readonly received: Readonly<Record<string, Received>>;
}

export interface Received {
  /** Different messages. */
  readonly count: number;
  /** The highest number among them; senders count from 1. */
  readonly highest: number;
  /** Given out again unacknowledged after a lost connection. */
  readonly cameAgain: number;
  /** Stored twice. */
  readonly doubled: number;
  readonly wrongSender: number;
  /** When the first one came, milliseconds since the epoch. */
  readonly firstAt: number;
}

/** From one organisation to another. */
export interface Pair extends Received {
  readonly from: string;
  readonly to: string;
  readonly stored: number;
  /** Sent, and neither stored nor given up yet. */
  readonly underWay: number;
}

export class TrafficClient {
  private constructor(private readonly base: string) {}

  static async of(project: ComposeProject, party: string): Promise<TrafficClient> {
    const { host, port } = await project.publishedPort(`${party}-traffic`, 9200);
    return new TrafficClient(`http://${host}:${port}`);
  }

  async counters(): Promise<Counters> {
    return (await (await fetch(`${this.base}/counters`)).json()) as Counters;
  }

  async rate(perSecond: number): Promise<void> {
    const { status } = await fetch(`${this.base}/rate?perSecond=${perSecond}`, { method: 'POST' });
    if (status !== 200) throw new Error(`the rate ${perSecond} is refused with status ${status}`);
  }
}

const NONE: Received = { count: 0, highest: 0, cameAgain: 0, doubled: 0, wrongSender: 0, firstAt: 0 };

/** What came of what was sent, for all who are on the map. */
export async function pairsOf(clients: readonly TrafficClient[]): Promise<Pair[]> {
  const all = await Promise.all(clients.map((client) => client.counters()));
  return all.flatMap(({ node: from, sent }) =>
    Object.entries(sent)
      .filter(([, { known }]) => known)
      .map(([to, { stored, underWay }]) => {
        const received = all.find(({ node }) => node === to)?.received[from] ?? NONE;
        return { from, to, stored, underWay, ...received };
      }),
  );
}

/** All send together so many a second. */
export async function sendTogether(clients: readonly TrafficClient[], perSecond: number): Promise<void> {
  await Promise.all(clients.map((client) => client.rate(perSecond / clients.length)));
}
