import { cordaAddresses } from '../../../sidecar/plan/address-profile';
import { breaks, Collector } from './collector';
import type { TestNode } from './node';
import { nodeAccess } from './node-access';
import { NumberedSender } from './numbered-sender';
import { until } from './until';

/** Numbered messages from one node's application to another's. */
export class Flow {
  private constructor(
    private readonly from: TestNode,
    readonly sender: NumberedSender,
    readonly collector: Collector,
  ) {}

  static async of(from: TestNode, to: TestNode): Promise<Flow> {
    const collector = new Collector(await nodeAccess(to.dev), to.id);
    const access = await nodeAccess(from.dev);
    const sender = new NumberedSender({ access, to: cordaAddresses.peerQueue(to.id), run: from.id });
    await Promise.all([collector.start(), sender.start()]);
    return new Flow(from, sender, collector);
  }

  get arrived(): number {
    return this.collector.of(this.from.id).numbers.length;
  }

  /** What has come of it when it has been ended and all of it has arrived. */
  async outcome(timeoutMs: number) {
    const { sender, collector, from } = this;
    sender.stop();
    await until('all was accepted', () => sender.accepted === sender.sent, timeoutMs);
    await until('all has arrived', () => this.arrived === sender.sent, timeoutMs);
    const { numbers, twice, senders } = collector.of(from.id);
    return {
      ...{ breaks: breaks(numbers), twice, isFromSender: senders.size === 1 && senders.has(from.id) },
      ...{ refused: sender.refused, connections: sender.connections },
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.sender.close(), this.collector.close()]);
  }
}

/** Resolves when so many more messages have come by each of them. */
export async function crossing(flows: readonly Flow[], messages: number, timeoutMs: number): Promise<void> {
  const before = flows.map(({ arrived }) => arrived);
  const on = (): boolean => flows.every(({ arrived }, at) => arrived >= (before[at] ?? 0) + messages);
  await until('messages cross both ways', on, timeoutMs);
}
