import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseCertificates } from '../../../sidecar/certificates/certificate';
import { parseConfig } from '../../../sidecar/config/load-config';
import { brokerAccess } from '../../../sidecar/control/broker-access';
import { createSidecar } from '../../../sidecar/control/create-sidecar';
import { readNodeMaterial } from '../../../sidecar/control/node-material';
import type { Sidecar } from '../../../sidecar/control/sidecar';
import type { PeerStatus } from '../../../sidecar/control/status';
import { systemClock } from '../../../sidecar/lib/clock';
import { createLogger } from '../../../sidecar/lib/log';
import { openAmqpConnection, type AmqpConnection } from '../../../sidecar/messaging/amqp/amqp-connection';
import type { SendOutcome, WireDelivery, WireMessage } from '../../../sidecar/messaging/transport';
import { cordaAddresses } from '../../../sidecar/plan/address-profile';
import { peerRole, SYSTEM_USERS } from '../../../sidecar/plan/roles';
import { freePorts } from './free-ports';
import { NodeOperations } from './node-operations';
import type { RawTls } from './raw-stomp';

const FIXTURES = resolve(__dirname, '../../fixtures/swaptacular');

/** A node of a Swaptacular network, with a broker and a sidecar of its own. */
export class SwaptacularNode {
  readonly log: string[] = [];
  /** What came in for applications, in order. */
  readonly received: WireDelivery[] = [];
  private running: { sidecar: Sidecar; dispose: () => Promise<void> } | undefined;
  private connection: AmqpConnection | undefined;
  private management: NodeOperations | undefined;

  private constructor(
    readonly folder: string,
    readonly authority: string,
    readonly id: string,
    readonly ports: { readonly p2p: number; readonly node: number },
    private readonly yaml: string,
  ) {}

  /** One of the two real databases; `more` stands in its configuration. */
  static async of(folder: string, name: 'aa' | 'ca', p2p: number, more = ''): Promise<SwaptacularNode> {
    const authority = join(folder, name);
    await cp(join(FIXTURES, name), authority, { recursive: true });
    await chmod(join(authority, 'server.key'), 0o600);
    return SwaptacularNode.at(folder, name, p2p, more);
  }

  /** Whose database is in the folder under that name; `more` stands in its configuration. */
  static async at(folder: string, name: string, p2p: number, more = ''): Promise<SwaptacularNode> {
    const authority = join(folder, name);
    const [node = 0, rpc = 0, rpcAdmin = 0] = await freePorts(3);
    const id = (await readFile(join(authority, 'db/nodeid'), 'utf8')).trim();
    const at = (port: number): string => `{ host: 127.0.0.1, port: ${port} }`;
    const yaml = `profile: swaptacular
node: { authority: ${authority} }
broker: { instance: ${join(folder, `${name}-broker`)} }
state: ${join(folder, `${name}-state`)}
acceptors: { p2p: ${at(p2p)}, node: ${at(node)}, rpc: ${at(rpc)}, rpcAdmin: ${at(rpcAdmin)} }
bridges: { pollMilliseconds: 200 }
${more}`;
    const found = new SwaptacularNode(folder, authority, id, { p2p, node }, yaml);
    await writeFile(found.configFile, yaml);
    return found;
  }

  get configFile(): string {
    return join(this.folder, `${this.id}.yaml`);
  }

  get config() {
    return parseConfig(this.configFile, this.yaml);
  }

  get sidecar(): Sidecar {
    if (this.running === undefined) throw new Error(`${this.id} does not run`);
    return this.running.sidecar;
  }

  async start(): Promise<void> {
    const log = createLogger({
      ...{ level: 'debug', format: 'json', clock: systemClock },
      destination: { write: (line) => this.log.push(line) },
    });
    this.running = await createSidecar({ config: this.config, log, environment: process.env });
    await this.running.sidecar.start(new AbortController().signal);
  }

  async stop(): Promise<void> {
    await this.connection?.close();
    this.connection = undefined;
    await this.management?.close();
    this.management = undefined;
    const { running } = this;
    this.running = undefined;
    await running?.sidecar.stop();
    await running?.dispose();
  }

  /** A connection to the own broker, as applications have it. */
  async open(): Promise<AmqpConnection> {
    const material = await readNodeMaterial(this.config, systemClock);
    const access = brokerAccess(material, this.config.management, SYSTEM_USERS.node);
    this.connection ??= await openAmqpConnection(access, () => undefined);
    return this.connection;
  }

  /** Management of the own broker, beside the sidecar's. */
  async operations(): Promise<NodeOperations> {
    const { stores } = await readNodeMaterial(this.config, systemClock);
    const address = { host: '127.0.0.1', port: this.ports.node };
    this.management ??= new NodeOperations({ address, key: stores.nodeKey, chain: stores.nodeChain });
    return this.management;
  }

  /** Ids of the connections that this peer has at the broker, in ascending order. */
  async connectionsOf(peer: string): Promise<string[]> {
    const sessions = await (await this.operations()).sessions();
    return sessions
      .flatMap(({ validatedUser, connection }) => (validatedUser === peerRole(peer) ? connection : []))
      .sort();
  }

  /** What is said of the peer; undefined where it is not on the map. */
  peer(id: string): PeerStatus | undefined {
    return this.sidecar.status().peers.find((peer) => peer.id === id);
  }

  /** Reads what comes in, from now on. */
  async receive(): Promise<void> {
    const connection = await this.open();
    const link = await connection.openSource(
      { address: cordaAddresses.inboundSource(this.id) },
      {
        onMessage: (wire, settle) => {
          this.received.push(wire);
          settle('accepted');
          link.addCredit(1);
        },
        onEnd: () => undefined,
      },
    );
    link.addCredit(1_000);
  }

  /** Resolves when the own broker has stored all of them for the peer, in order. */
  async send(
    peer: string,
    ...messages: readonly Pick<WireMessage, 'subject' | 'contentType' | 'body'>[]
  ): Promise<void> {
    const connection = await this.open();
    let wake = (): void => undefined;
    const link = await connection.openSender(cordaAddresses.peerQueue(peer), {
      onSendable: () => wake(),
      onEnd: () => undefined,
    });
    const outcomes: Promise<SendOutcome>[] = [];
    for (const message of messages) {
      while (!link.sendable()) await new Promise<void>((resolve_) => (wake = resolve_));
      const nothing = { id: undefined, correlationId: undefined, contentEncoding: undefined, ttl: undefined };
      const wire = { ...nothing, createdAt: undefined, properties: {}, ...message };
      outcomes.push(new Promise((resolve_) => link.send(wire, resolve_)));
    }
    const bad = (await Promise.all(outcomes)).find((outcome) => outcome !== 'stored');
    link.close();
    if (bad !== undefined) throw bad as Error;
  }

  /** What its client shows to the peer, and whom it trusts there. */
  async clientTls(peer: string): Promise<RawTls & { readonly serverCertificate: string }> {
    const pem = async (...file: string[]): Promise<string> =>
      parseCertificates(await readFile(join(this.authority, ...file), 'utf8'))
        .map((certificate) => certificate.pem())
        .join('');
    const serverCertificate = await pem('server.crt');
    return {
      key: await readFile(join(this.authority, 'server.key'), 'utf8'),
      cert: serverCertificate + (await pem('peers', peer, 'sub-ca.crt')),
      ca: await pem('peers', peer, 'root-ca.crt'),
      serverCertificate,
    };
  }

  /** Where it says that its peer takes messages. */
  async expectPeerAt(peer: string, port: number): Promise<void> {
    const file = join(this.authority, 'peers', peer, 'nodeinfo/stomp.toml');
    const toml = await readFile(file, 'utf8');
    await writeFile(file, toml.replace(/servers = .*/, `servers = ["127.0.0.1:${port}"]`));
  }
}

/** The accounting authority and the creditors agent of the fixtures, each of whom knows the other; `more` is the agent's. */
export async function swaptacularPair(more = ''): Promise<{
  aa: SwaptacularNode;
  ca: SwaptacularNode;
  stop: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'netmap-swaptacular-'));
  const [first = 0, second = 0] = await freePorts(2);
  const aa = await SwaptacularNode.of(folder, 'aa', first);
  const ca = await SwaptacularNode.of(folder, 'ca', second, more);
  await aa.expectPeerAt(ca.id, second);
  await ca.expectPeerAt(aa.id, first);
  const stop = async (): Promise<void> => {
    await Promise.allSettled([aa.stop(), ca.stop()]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { aa, ca, stop };
}
