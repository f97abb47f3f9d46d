import { openAmqp } from '../../../sidecar/broker/amqp/open-amqp';
import type { ConnectionInfo } from '../../../sidecar/broker/operations-types';
import { cordaAddresses } from '../../../sidecar/plan/address-profile';
import { SYSTEM_USERS } from '../../../sidecar/plan/roles';
import { breaks, Collector } from './collector';
import type { TestNode } from './node';
import { nodeAccess, type NodeAccess } from './node-access';
import { NodeOperations } from './node-operations';
import { NumberedSender } from './numbered-sender';
import { until } from './until';

/** One node with an application that sends to the other and reads what comes from it. */
export class Side {
  readonly collector: Collector;
  readonly sender: NumberedSender;
  readonly operations: NodeOperations;

  private constructor(
    readonly node: TestNode,
    other: TestNode,
    readonly access: NodeAccess,
    private readonly run: string,
  ) {
    this.collector = new Collector(access, node.id);
    this.sender = new NumberedSender({ access, to: cordaAddresses.peerQueue(other.id), run });
    this.operations = new NodeOperations(access);
  }

  static async of(node: TestNode, other: TestNode, run: string): Promise<Side> {
    const side = new Side(node, other, await nodeAccess(node.dev), run);
    await side.collector.start();
    await side.sender.start();
    return side;
  }

  async close(): Promise<void> {
    await Promise.all([this.collector.close(), this.sender.close(), this.operations.close()]);
  }

  get arrived(): number {
    return this.collector.of(this.run).numbers.length;
  }

  async connections(): Promise<Map<string, ConnectionInfo>> {
    return new Map((await this.operations.connections()).map((each) => [each.id, each]));
  }

  /** Those that are still there when so many more messages have come in: probes come and go. */
  async lasting(messages: number): Promise<Map<string, ConnectionInfo>> {
    const first = await this.connections();
    const soFar = this.arrived;
    await until('probes have gone', () => this.arrived > soFar + messages);
    const second = await this.connections();
    return new Map([...first].filter(([id]) => second.has(id)));
  }

  /** What becomes of somebody who comes as a peer: the code of the refusal, or `let in`. */
  async peerLogin({ key, chain }: { readonly key: string; readonly chain: string }): Promise<string> {
    const { peer } = SYSTEM_USERS;
    try {
      const connection = await openAmqp({
        address: { host: '127.0.0.1', port: this.node.dev.ports.p2p },
        ...{ user: peer, password: peer, timeoutMs: 10_000 },
        tls: { key, chain, verify: () => undefined },
      });
      await connection.close();
      return 'let in';
    } catch (error) {
      return (error as { readonly code: string }).code;
    }
  }

  /** What has come of what this side has sent, when all of it has arrived at the other. */
  async outcome(to: Side, timeoutMs: number) {
    const { sender } = this;
    sender.stop();
    await until('all was accepted', () => sender.accepted === sender.sent, timeoutMs);
    await until('all has arrived', () => to.arrived === sender.sent, timeoutMs);
    const { numbers, twice, senders } = to.collector.of(this.run);
    return {
      ...{ breaks: breaks(numbers), twice, senders: [...senders] },
      ...{ refused: sender.refused, connections: sender.connections },
    };
  }
}
