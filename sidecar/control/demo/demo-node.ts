import { join } from 'node:path';
import { BrokerOperations } from '../../broker/operations';
import type { Config } from '../../config/config';
import { loadConfig } from '../../config/load-config';
import type { DevNode } from '../../dev-network/dev-network';
import type { Clock } from '../../lib/clock';
import { peerId } from '../../network/peer';
import { cordaAddresses } from '../../plan/address-profile';
import { createManagement } from '../create-broker';
import { NodeConnection } from '../node-client/node-connection';
import { NodeDirectory } from '../node-client/node-directory';
import { sendMessages } from '../node-client/send-messages';
import { readNodeMaterial, type NodeMaterial } from '../node-material';
import { StateFolder } from '../state-folder';
import { DemoError } from './demo-error';
import { Inbox } from './inbox';
import { NetmapProcess } from './netmap-process';

export interface DemoNodeOptions {
  readonly dev: DevNode;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

interface Running {
  readonly process: NetmapProcess;
  readonly connection: NodeConnection;
  readonly operations: BrokerOperations;
  readonly inbox: Inbox;
}

/** One organisation of the demo: its node's process, and an application that sends and reads as that node. */
export class DemoNode {
  private process: NetmapProcess | undefined;
  private running: Running | undefined;
  private stopping: Promise<void> | undefined;
  private closed = false;

  private constructor(
    readonly dev: DevNode,
    readonly config: Config,
    readonly material: NodeMaterial,
    private readonly options: DemoNodeOptions,
  ) {}

  static async of(options: DemoNodeOptions): Promise<DemoNode> {
    const config = await loadConfig(options.dev.files.config);
    return new DemoNode(options.dev, config, await readNodeMaterial(config, options.clock), options);
  }

  /** The organisation alone: `Party A`. */
  get short(): string {
    return this.dev.name.valuesOf('O')[0] ?? this.dev.alias;
  }

  /** As Corda writes the name. */
  get name(): string {
    return this.dev.name.toCorda();
  }

  get id(): string {
    return peerId(this.material.own);
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  get inbox(): Inbox {
    return this.now.inbox;
  }

  get operations(): BrokerOperations {
    return this.now.operations;
  }

  /** Starts the process and resolves when the node runs, proven, and its application is connected. */
  async start(): Promise<void> {
    const { config, material, options } = this;
    const { clock, environment } = options;
    if (this.closed) throw new DemoError('DEMO_WRONG', `${this.short} is to start after the end of the demo`);
    this.stopping = undefined;
    const process = new NetmapProcess({
      words: ['run'],
      ready: 'running',
      config: config.file,
      instance: config.broker.instance,
      log: join(this.dev.files.folder, 'netmap.log'),
      environment,
      clock,
    });
    this.process = process;
    await process.running;
    const connection = await NodeConnection.open({ config, material, clock });
    const operations = new BrokerOperations(createManagement({ config, material, clock }));
    const directory = new NodeDirectory({ config, material, state: new StateFolder(config.state), clock });
    const inbox = new Inbox({ connection, id: this.id, directory, clock });
    this.running = { process, connection, operations, inbox };
  }

  /** Ends the application, the node and its broker; safe to repeat, never throws. */
  stop(): Promise<void> {
    return (this.stopping ??= this.end());
  }

  /** As `stop`, and nothing starts it any more. */
  close(): Promise<void> {
    this.closed = true;
    return this.stop();
  }

  /** Rejects when the process ends by itself; never settles while there is none. */
  crashed(): Promise<never> {
    return this.process?.crashed() ?? new Promise(() => undefined);
  }

  /** Resolves when the own broker has stored the message for the other node. Throws AccessError. */
  async send(to: DemoNode, text: string): Promise<void> {
    await sendMessages(this.now.connection, {
      address: cordaAddresses.peerQueue(to.id),
      count: 1,
      letter: { body: Buffer.from(text) },
      clock: this.options.clock,
    });
  }

  /** The ids of the connections that the node's broker has now. */
  async connections(): Promise<Set<string>> {
    return new Set((await this.operations.connections()).map(({ id }) => id));
  }

  private async end(): Promise<void> {
    const { running, process } = this;
    this.running = undefined;
    this.process = undefined;
    await running?.inbox.close();
    await running?.connection.close();
    await running?.operations.management.close();
    await process?.stop();
  }

  private get now(): Running {
    if (this.running === undefined) throw new Error(`${this.short} does not run`);
    return this.running;
  }
}
