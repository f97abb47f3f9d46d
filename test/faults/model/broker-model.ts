import { adler32 } from '../../../sidecar/broker/adler';
import { BROKER_PROPERTIES, BROKER_XML } from '../../../sidecar/render/instance';

export interface ModelQueue {
  readonly address: string;
  filter: string;
  messages: number;
  settled: number;
  /** Takes nothing any more: what is sent to it goes to the dead letters. */
  closed?: boolean;
}

export interface ModelConnection {
  readonly text: string;
  readonly queues: readonly string[];
  started: boolean;
}

/** Who may send where, from broker.properties: roles by address. */
export type Grants = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * What of Artemis counts for the control loop: addresses and queues that last, permissions and connections as read from
 * the files at a start or reload, connections that run when told to and carry what is queued to whoever can be reached.
 */
export class BrokerModel {
  up = false;
  /** Grows with each start. */
  life = 0;
  readonly addresses = new Map<string, string>();
  readonly queues = new Map<string, ModelQueue>();
  readonly connections = new Map<string, ModelConnection>();
  grants: Grants = new Map();
  /** Messages that no queue took. */
  deadLetters = 0;
  /** Messages that were destroyed with their queue. */
  lost = 0;
  private properties = '';
  /** Called before the files' content comes into force. */
  beforeLoad: (next: Grants) => void = () => undefined;
  /** Called after each start and stop. */
  changed: () => void = () => undefined;

  constructor(
    readonly disk: ReadonlyMap<string, string>,
    private readonly reachable: (connection: string) => boolean,
  ) {}

  /** Without its configuration it does not start. */
  start(): void {
    if (!this.disk.has(BROKER_XML)) return;
    this.life += 1;
    this.connections.clear();
    this.load();
    this.up = true;
    this.changed();
  }

  stop(): void {
    this.up = false;
    this.connections.clear();
    this.changed();
  }

  /** Reads the files again, as they are on disk now. */
  load(): void {
    const xml = this.disk.get(BROKER_XML) ?? '';
    this.properties = this.disk.get(BROKER_PROPERTIES) ?? '';
    const next = grantsOf(this.properties);
    this.beforeLoad(next);
    this.grants = next;
    this.loadAddresses(xml);
    const wanted = connectionsOf(xml);
    for (const name of [...this.connections.keys()]) if (!wanted.has(name)) this.connections.delete(name);
    for (const [name, connection] of wanted) {
      if (this.connections.get(name)?.text !== connection.text) this.connections.set(name, connection);
    }
  }

  get propertiesSum(): number {
    return adler32(Buffer.from(this.properties));
  }

  connected(name: string): boolean {
    return this.connections.get(name)?.started === true && this.reachable(name);
  }

  /** Carries what is queued over the connections that run. */
  carry(): void {
    for (const [name, { queues }] of this.connections) {
      if (!this.connected(name)) continue;
      for (const queue of queues.flatMap((queueName) => this.queues.get(queueName) ?? [])) {
        queue.settled += queue.messages;
        queue.messages = 0;
      }
    }
  }

  /** Somebody sends a message to the queue's address. */
  send(name: string): void {
    const queue = this.queues.get(name);
    if (queue === undefined || queue.closed === true) this.deadLetters += 1;
    else queue.messages += 1;
  }

  private loadAddresses(xml: string): void {
    for (const [, name = '', body = ''] of xml.matchAll(/<address name="([^"]+)">([^]*?)<\/address>/g)) {
      if (!this.addresses.has(name)) this.addresses.set(name, 'MULTICAST');
      for (const [, queue = ''] of body.matchAll(/<queue name="([^"]+)"/g)) {
        if (!this.queues.has(queue)) this.queues.set(queue, { address: name, filter: '', messages: 0, settled: 0 });
      }
    }
  }
}

export function grantsOf(properties: string): Grants {
  const found = new Map<string, Set<string>>();
  for (const [, key = '', role = ''] of properties.matchAll(/^securityRoles\."(.+)"\."(.+)"\.send=true$/gm)) {
    const match = key.replace(/\\(.)/g, '$1');
    const roles = found.get(match) ?? new Set();
    found.set(match, roles.add(role));
  }
  return found;
}

function connectionsOf(xml: string): Map<string, ModelConnection> {
  const found = new Map<string, ModelConnection>();
  for (const [text, name = ''] of xml.matchAll(/<amqp-connection [^>]*?name="([^"]+)"[^]*?<\/amqp-connection>/g)) {
    const queues = [...text.matchAll(/ queue-match="([^"]+)"/g)].map(([, queue = '']) => queue);
    found.set(name, { text, queues, started: false });
  }
  return found;
}
