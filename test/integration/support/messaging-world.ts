import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { message as codec } from 'rhea';
import { ReceiverEvents, type Connection, type EventContext, type Message } from 'rhea-promise';
import { loadConfig } from '../../../sidecar/config/load-config';
import { openMessaging } from '../../../sidecar/control/messaging';
import { createDevNetwork } from '../../../sidecar/dev-network/create-dev-network';
import { settingsAt } from '../../../sidecar/dev-network/dev-network';
import { systemClock } from '../../../sidecar/lib/clock';
import { DEAD } from '../../../sidecar/messaging/dead-letter';
import type { Messaging } from '../../../sidecar/messaging/messaging';
import { cordaAddresses } from '../../../sidecar/plan/address-profile';
import {
  LIMITS,
  NAMES,
  type Alias,
  type DeadLetter,
  type ForeignMessage,
  type OpenOptions,
  type World,
} from '../../interop/messaging-contract/world';
import { freePorts } from './free-ports';
import { TestNode } from './node';
import { nodeAccess, openNode } from './node-access';
import { NodeOperations } from './node-operations';
import { putIntoMap, takeFromMap } from './published';
import { TcpProxy } from './tcp-proxy';
import { until } from './until';

const BASE = `
redelivery: { delayMs: ${LIMITS.redeliveryMs}, maxAttempts: ${LIMITS.maxAttempts} }
memory: { addressMaxSize: ${LIMITS.inboundBytes / 1_000_000}M, pageSize: 1M }
connection: { amqpCredits: 20, amqpLowCredits: 5 }
`;
const SOON_MS = 60_000;

interface WorldNode {
  readonly node: TestNode;
  /** What stands between the applications and their broker. */
  readonly proxy: TcpProxy;
  readonly operations: NodeOperations;
  /** A foreign client, and a reader of dead letters. */
  readonly client: Connection;
}

/** Three live nodes, each with its sidecar and a stock broker. */
export class BrokerWorld implements World {
  private readonly opened: Messaging[] = [];
  private taken: string | undefined;

  private constructor(
    private readonly folder: string,
    private readonly nodes: Readonly<Record<Alias, WorldNode>>,
  ) {}

  static async start(): Promise<BrokerWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'netmap-messaging-'));
    const ports = await freePorts(12);
    const next = (): number => ports.shift() ?? 0;
    const services = [NAMES.service];
    const network = await createDevNetwork({
      folder,
      nodes: (['a', 'b', 'c'] as const).map((alias) => ({
        alias,
        name: NAMES[alias],
        ports: { p2p: next(), node: next(), rpc: next(), rpcAdmin: next() },
        ...(alias === 'a' ? {} : { services }),
      })),
      ...settingsAt(systemClock, randomBytes),
    });
    const nodes = await Promise.all(
      network.nodes.map(async (dev): Promise<[string, WorldNode]> => {
        await writeFile(join(dev.files.folder, 'base.yaml'), BASE);
        const yaml = await readFile(dev.files.config, 'utf8');
        await writeFile(dev.files.config, yaml.replace('mode: embedded', 'mode: embedded\n  base: base.yaml'));
        await appendFile(
          dev.files.config,
          `\nlimits: { maxMessageSize: ${LIMITS.maxMessageSize} }\nbridges: { pollMilliseconds: 50 }\n`,
        );
        const node = await TestNode.of(dev, await loadConfig(dev.files.config));
        await node.start();
        const access = await nodeAccess(dev);
        const operations = new NodeOperations(access);
        return [
          dev.alias,
          { node, operations, proxy: await TcpProxy.start(dev.ports.node), client: await openNode(access) },
        ];
      }),
    );
    return new BrokerWorld(folder, Object.fromEntries(nodes) as unknown as Record<Alias, WorldNode>);
  }

  async open(alias: Alias, options: OpenOptions = {}): Promise<Messaging> {
    const { node, proxy } = this.nodes[alias];
    const messaging = await openMessaging({
      configFile: node.dev.files.config,
      broker: { host: '127.0.0.1', port: proxy.port },
      reconnect: { min: 50, max: 500 },
      ...options,
    });
    this.opened.push(messaging);
    return messaging;
  }

  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    return until(what, holds, SOON_MS);
  }

  now(): number {
    return Date.now();
  }

  id(alias: Alias | 'service'): string {
    return alias === 'service' ? (this.nodes.b.node.material.own.services[0]?.id ?? '') : this.nodes[alias].node.id;
  }

  async sendForeign(from: Alias, to: Alias, message: ForeignMessage): Promise<void> {
    const address = cordaAddresses.peerQueue(this.id(to));
    const sender = await this.nodes[from].client.createAwaitableSender({ target: { address } });
    const { body, id, correlationId, ttl, properties, to: written, userId, annotations } = message;
    await sender.send({
      durable: true,
      body: codec.data_section(body) as unknown,
      ...(id === undefined ? {} : { message_id: id }),
      ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
      ...(ttl === undefined ? {} : { ttl }),
      ...(properties === undefined ? {} : { application_properties: properties }),
      ...(written === undefined ? {} : { to: written }),
      ...(userId === undefined ? {} : { user_id: userId }),
      ...(annotations === undefined ? {} : { message_annotations: annotations }),
    });
    await sender.close();
  }

  async deadLetters(alias: Alias): Promise<DeadLetter[]> {
    return (await this.look(alias, 'dead-letters')).map((message) => {
      const properties = (message.application_properties ?? {}) as Record<string, unknown>;
      const annotations = message.message_annotations;
      return {
        body: bodyOf(message),
        properties,
        origin: String(properties[DEAD.origin] ?? annotations?.['x-opt-ORIG-ADDRESS']),
      };
    });
  }

  async expired(alias: Alias): Promise<string[]> {
    return (await this.look(alias, 'expired')).map(bodyOf);
  }

  async cut(alias: Alias): Promise<void> {
    await this.refuse(alias);
    await this.admit(alias);
  }

  async refuse(alias: Alias): Promise<void> {
    this.nodes[alias].proxy.turn('closed');
  }

  async admit(alias: Alias): Promise<void> {
    this.nodes[alias].proxy.turn('open');
  }

  async mute(alias: Alias): Promise<void> {
    this.nodes[alias].proxy.turn('mute');
  }

  async leave(): Promise<void> {
    const { a, c } = this.nodes;
    this.taken = await takeFromMap(a.node.dev, c.node.dev);
    await this.until('c has left', () => !this.knowsC());
  }

  async comeBack(): Promise<void> {
    const { a, c } = this.nodes;
    const { taken } = this;
    if (taken === undefined) return;
    this.taken = undefined;
    await putIntoMap(a.node.dev, c.node.dev, taken);
    await this.until('c is back', () => this.knowsC());
  }

  async reset(): Promise<void> {
    await this.comeBack();
    for (const { proxy } of Object.values(this.nodes)) proxy.turn('open');
    await Promise.all(this.opened.splice(0).map((messaging) => messaging.close({ timeoutMs: 500 })));
    const all = Object.values(this.nodes);
    await this.until('nothing is under way', async () => {
      const filled = await Promise.all(all.map(({ operations }) => operations.filledQueues('internal.')));
      return filled.flat().length === 0;
    });
    for (const { operations } of all)
      for (const prefix of ['p2p.inbound.', 'dead-letters', 'expired'])
        for (const queue of await operations.filledQueues(prefix)) await operations.removeMessages(queue);
  }

  async stop(): Promise<void> {
    const all = Object.values(this.nodes);
    await Promise.allSettled(all.map(({ client }) => client.close()));
    await Promise.allSettled(all.map(({ operations }) => operations.close()));
    await Promise.allSettled(all.map(({ proxy }) => proxy.close()));
    await Promise.allSettled(all.map(({ node }) => node.stop()));
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private knowsC(): boolean {
    const { a, c } = this.nodes;
    return a.node.sidecar.status().peers.some(({ id }) => id === c.node.id);
  }

  /** What is in a queue, which stays there. */
  private async look(alias: Alias, queue: string): Promise<Message[]> {
    const { client, operations } = this.nodes[alias];
    const count = await operations.countMessages(queue);
    if (count === 0) return [];
    const found: Message[] = [];
    const receiver = await client.createReceiver({
      source: { address: `${queue}::${queue}`, distribution_mode: 'copy', capabilities: ['queue'] },
      credit_window: 0,
      autoaccept: false,
    });
    const all = new Promise<void>((resolve) => {
      receiver.on(ReceiverEvents.message, ({ message }: EventContext) => {
        if (message !== undefined) found.push(message);
        if (found.length === count) resolve();
      });
    });
    receiver.addCredit(count);
    await all;
    await receiver.close();
    return found;
  }
}

function bodyOf({ body }: Message): string {
  return String((body as { content?: unknown }).content ?? body);
}
