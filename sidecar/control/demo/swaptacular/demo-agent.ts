import { mkdir, writeFile } from 'node:fs/promises';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../../config/load-config';
import type { Config } from '../../../config/config';
import { systemClock, type Clock } from '../../../lib/clock';
import { createLogger } from '../../../lib/log';
import { openAmqpConnection, type AmqpConnection } from '../../../messaging/amqp/amqp-connection';
import type { SendOutcome, WireDelivery } from '../../../messaging/transport';
import { cordaAddresses } from '../../../plan/address-profile';
import { SYSTEM_USERS } from '../../../plan/roles';
import { brokerAccess } from '../../broker-access';
import { createSidecar } from '../../create-sidecar';
import { readNodeMaterial } from '../../node-material';
import type { Sidecar } from '../../sidecar';
import { DemoError } from '../demo-error';
import { SOON_MS } from '../step';

export interface DemoAgentOptions {
  /** Of this node's authority, which is in `folder`. */
  readonly authority: string;
  readonly folder: string;
  readonly name: string;
  readonly id: string;
  /** The first of four. */
  readonly port: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

const JSON_TYPE = 'application/json';
const LOOK_MS = 50;

/** A Swaptacular node: its sidecar in this process, its broker a child, and an application. */
export class DemoAgent {
  /** What came in for the application and was not looked at yet. */
  private readonly inbox: WireDelivery[] = [];
  private running: { sidecar: Sidecar; dispose: () => Promise<void> } | undefined;
  private connection: AmqpConnection | undefined;
  private log: WriteStream | undefined;

  constructor(readonly options: DemoAgentOptions) {}

  get id(): string {
    return this.options.id;
  }

  get sidecar(): Sidecar {
    if (this.running === undefined) throw new RangeError(`${this.options.name} does not run`);
    return this.running.sidecar;
  }

  /** Resolves when its broker is proven and its application reads. */
  async start(signal: AbortSignal): Promise<void> {
    const { folder, name, environment } = this.options;
    const config = await this.writeConfig();
    await mkdir(join(folder, 'logs'), { recursive: true });
    const destination = createWriteStream(join(folder, 'logs', `${name}.log`));
    this.log = destination;
    const log = createLogger({ level: 'debug', format: 'json', destination, clock: systemClock });
    this.running = await createSidecar({ config, log, environment });
    await this.running.sidecar.start(signal);
    await this.read(config);
  }

  async stop(): Promise<void> {
    await this.connection?.close();
    const { running } = this;
    this.running = undefined;
    await running?.sidecar.stop();
    await running?.dispose();
    this.log?.end();
  }

  /** Resolves when the own broker has stored it for the peer. */
  async send(peer: string, subject: string, body: Buffer): Promise<void> {
    if (this.connection === undefined) throw new RangeError(`${this.options.name} does not run`);
    const idle = { onSendable: () => undefined, onEnd: () => undefined };
    const link = await this.connection.openSender(cordaAddresses.peerQueue(peer), idle);
    const nothing = { id: undefined, correlationId: undefined, contentEncoding: undefined, ttl: undefined };
    const wire = { ...nothing, createdAt: undefined, properties: {}, subject, contentType: JSON_TYPE, body };
    const outcome = await new Promise<SendOutcome>((resolve) => link.send(wire, resolve));
    link.close();
    if (outcome !== 'stored') throw new DemoError('DEMO_WRONG', `${this.options.name} cannot send ${subject}`);
  }

  /** The next message for the application. Throws DemoError DEMO_LATE. */
  async received(what: string): Promise<WireDelivery> {
    await this.until(`${what} comes in`, () => this.inbox.length > 0);
    const [first] = this.inbox.splice(0, 1);
    if (first === undefined) throw new RangeError('an inbox that empties itself');
    return first;
  }

  /** Resolves when it is so. Throws DemoError DEMO_LATE. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const { clock, name } = this.options;
    const end = clock.now() + SOON_MS;
    while (!holds()) {
      if (clock.now() > end) throw new DemoError('DEMO_LATE', `${name}: not within ${SOON_MS / 1000} s: ${what}`);
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
    }
  }

  private async writeConfig(): Promise<Config> {
    const { folder, authority, name, port } = this.options;
    const at = (offset: number): string => `{ host: 127.0.0.1, port: ${port + offset} }`;
    const text = `profile: swaptacular
node: { authority: ${JSON.stringify(authority)} }
broker: { instance: ${JSON.stringify(join(folder, `${name}-broker`))}, memory: 256M }
state: ${JSON.stringify(join(folder, `${name}-state`))}
acceptors: { p2p: ${at(0)}, node: ${at(1)}, rpc: ${at(2)}, rpcAdmin: ${at(3)} }
`;
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, text);
    return parseConfig(file, text);
  }

  private async read(config: Config): Promise<void> {
    const material = await readNodeMaterial(config, systemClock);
    const access = brokerAccess(material, config.management, SYSTEM_USERS.node);
    this.connection = await openAmqpConnection(access, () => undefined);
    const link = await this.connection.openSource(
      { address: cordaAddresses.inboundSource(this.id) },
      {
        onMessage: (wire, settle) => {
          this.inbox.push(wire);
          settle('accepted');
          link.addCredit(1);
        },
        onEnd: () => undefined,
      },
    );
    link.addCredit(100);
  }
}
