import { createHash } from 'node:crypto';
import { X500Name } from '../../certificates/x500-name';
import { systemClock, type Clock } from '../../lib/clock';
import { cordaAddresses } from '../../plan/address-profile';
import { AccessError } from '../../broker/amqp/access-error';
import { AddressBook, type BookEntry, type BookName } from '../address-book';
import { MessagingClient } from '../client/client';
import type { SendWindow } from '../client/client-options';
import type { Messaging } from '../messaging';
import type { WireMessage } from '../transport';
import { MemoryBridge, type Way } from './memory-bridge';
import { MemoryBroker } from './memory-broker';
import { MemoryConnection } from './memory-connection';
import { MemoryDirectory } from './memory-directory';
import type { Redelivery } from './memory-queue';
import { randomId, seededRandom } from './random';
import type { StoredMessage } from './stored-message';
import { Trace, type TraceKind } from './trace';

export interface MemoryNodeSpec {
  /** X.500 name. */
  readonly name: string;
  /** X.500 names of services that it offers, perhaps with other nodes. */
  readonly services?: readonly string[];
}

export interface MemoryNetworkOptions {
  readonly nodes: readonly MemoryNodeSpec[];
  readonly clock?: Clock;
  /** Whatever happens by chance happens the same way again with the same seed; 1 unless given. */
  readonly seed?: number;
  readonly way?: Partial<Way>;
  readonly redelivery?: Partial<Redelivery>;
  /** Bytes; 10 MiB unless given. */
  readonly maxMessageSize?: number;
  /** Bytes of one recipient's messages beyond which senders wait; 20 MiB unless given. */
  readonly inboundBytes?: number;
  /** One way between an application and its broker; 0 unless given. */
  readonly clientDelayMs?: number;
}

export interface MemoryOpenOptions {
  readonly sendWindow?: Partial<SendWindow>;
  /** Waits before a lost connection is made again, milliseconds; 200 to 30,000 unless given. */
  readonly reconnect?: { readonly min: number; readonly max: number };
}

const WAY: Way = { minDelayMs: 1, maxDelayMs: 1, loss: 0, reorder: false, retryMs: 100 };
const REDELIVERY: Redelivery = { delayMs: 0, multiplier: 2, maxDelayMs: 60_000, maxAttempts: 10 };
const MEBIBYTE = 1_048_576;

interface MemoryNode {
  readonly name: string;
  readonly entry: BookEntry;
  readonly broker: MemoryBroker;
  readonly connections: Set<MemoryConnection>;
  isOnMap: boolean;
  /** Whether applications reach their broker. */
  isOpen: boolean;
}

/** Nodes, their brokers and what lies between them, in one process and without a socket. */
export class MemoryNetwork {
  /** Everything that crossed. */
  readonly trace = new Trace();
  private readonly nodes: MemoryNode[] = [];
  private readonly bridges = new Map<string, MemoryBridge>();
  private readonly parted = new Set<string>();
  private readonly clock: Clock;
  private readonly random: () => number;
  private revision = 0;

  constructor(private readonly options: MemoryNetworkOptions) {
    this.clock = options.clock ?? systemClock;
    this.random = seededRandom(options.seed ?? 1);
    for (const node of options.nodes) this.join(node);
  }

  /** Puts a node on the map: a new one, or one that had left, whose messages are there still. */
  join(spec: MemoryNodeSpec): void {
    const entry = entryOf(spec);
    const [{ id, name }] = entry.identities;
    const known = this.nodes.find((node) => node.entry.identities[0].id === id);
    if (known === undefined) {
      const { clock, trace } = this;
      const redelivery = { ...REDELIVERY, ...this.options.redelivery };
      const inboundBytes = this.options.inboundBytes ?? 20 * MEBIBYTE;
      const broker = new MemoryBroker({ name: name.toCorda(), clock, redelivery, inboundBytes, trace });
      this.nodes.push({
        name: name.toCorda(),
        entry,
        broker,
        connections: new Set(),
        isOnMap: true,
        isOpen: true,
      });
    } else {
      known.isOnMap = true;
      this.note('joined', known);
    }
    this.change();
  }

  /** Takes a node off the map; it runs on, and what waits for it waits. */
  leave(name: string): void {
    const node = this.node(name);
    node.isOnMap = false;
    this.note('left', node);
    this.change();
  }

  /** Nothing passes between the two until `mend`. */
  part(one: string, other: string): void {
    const [from, to] = [this.node(one), this.node(other)];
    this.parted.add(pair(from, to));
    this.note('parted', from, to);
    this.change();
  }

  mend(one: string, other: string): void {
    const [from, to] = [this.node(one), this.node(other)];
    this.parted.delete(pair(from, to));
    this.note('mended', from, to);
    this.change();
  }

  /** Cuts the applications of the node off their broker; they may come back at once unless `refuse`. */
  cut(name: string, refuse = false): void {
    const node = this.node(name);
    node.isOpen = !refuse;
    this.note('cut', node);
    for (const connection of [...node.connections]) connection.cut();
    node.connections.clear();
  }

  /** Applications of the node hear nothing of their broker any more, until they are cut off. */
  mute(name: string): void {
    for (const connection of this.node(name).connections) connection.mute();
  }

  /** Applications of the node reach their broker again. */
  admit(name: string): void {
    const node = this.node(name);
    node.isOpen = true;
    this.note('admitted', node);
  }

  /** Messaging of an application of the node. Throws AddressBookError where there is no such node. */
  open(name: string, options: MemoryOpenOptions = {}): Promise<Messaging> {
    const node = this.node(name);
    return MessagingClient.open({
      directory: new MemoryDirectory(node.entry, () => ({ revision: this.revision, read: () => this.bookOf(node) })),
      clock: this.clock,
      newId: () => randomId(this.random),
      maxMessageSize: () => this.options.maxMessageSize ?? 10 * MEBIBYTE,
      ...options,
      reconnect: { ...options.reconnect, random: this.random },
      open: async (onLost) => {
        if (!node.isOpen) {
          throw new AccessError('ACCESS_UNREACHABLE', `the broker of ${node.name} does not run`, { decision: 'retry' });
        }
        const connection = new MemoryConnection(node.broker, this.clock, this.options.clientDelayMs ?? 0, onLost);
        node.connections.add(connection);
        return connection;
      },
    });
  }

  /** Stores a message at a node's broker as a foreign client would, whatever it says. Answers whether it was new. */
  inject(at: string, address: string, wire: WireMessage): boolean {
    return this.node(at).broker.store(address, wire);
  }

  deadLetters(name: string): readonly StoredMessage[] {
    return this.node(name).broker.deadLetters;
  }

  expired(name: string): readonly StoredMessage[] {
    return this.node(name).broker.expired;
  }

  idOf(name: string): string {
    return this.node(name).entry.identities[0].id;
  }

  toMermaid(): string {
    return this.trace.toMermaid();
  }

  toJSON(): unknown {
    return { seed: this.options.seed ?? 1, nodes: this.nodes.map(({ name }) => name), trace: this.trace.toJSON() };
  }

  private note(kind: TraceKind, from: MemoryNode, to?: MemoryNode): void {
    this.trace.add({ at: this.clock.now(), kind, from: from.name, ...(to === undefined ? {} : { to: to.name }) });
  }

  private node(name: string): MemoryNode {
    const [first, ...more] = this.nodes;
    if (first === undefined) throw new RangeError('a network without nodes');
    const book = new AddressBook(
      first.entry,
      more.map(({ entry }) => entry),
    );
    const { id } = book.find(name);
    const found = this.nodes.find(({ entry }) => entry.identities[0].id === id);
    if (found === undefined) throw new RangeError(`${name} is a service, not a node`);
    return found;
  }

  /** Declares what the map asks for, and has bridges where it has nodes. */
  private change(): void {
    this.revision += 1;
    for (const node of this.nodes) {
      for (const { id } of [...node.entry.identities, ...node.entry.services])
        for (const other of this.nodes)
          node.broker.declare(
            cordaAddresses.ingress(id, other.entry.identities[0].id),
            cordaAddresses.inboundQueue(id),
          );
      for (const other of this.nodes) {
        if (other === node) continue;
        const isUp = node.isOnMap && other.isOnMap && !this.parted.has(pair(node, other));
        for (const { id } of other.entry.identities) this.bridge(node, other, cordaAddresses.peerQueue(id), id, isUp);
        for (const { id } of other.entry.services) this.bridge(node, other, cordaAddresses.serviceQueue(id), id, isUp);
      }
    }
  }

  private bridge(from: MemoryNode, to: MemoryNode, queue: string, recipient: string, isUp: boolean): void {
    const key = `${from.name} ${to.name} ${queue}`;
    from.broker.declareOutgoing(queue);
    const known = this.bridges.get(key);
    const bridge =
      known ??
      new MemoryBridge({
        from,
        to,
        queue,
        remoteAddress: cordaAddresses.remote(recipient, from.entry.identities[0].id),
        way: { ...WAY, ...this.options.way },
        clock: this.clock,
        random: this.random,
        trace: this.trace,
      });
    this.bridges.set(key, bridge);
    bridge.turn(isUp);
  }

  /** As one node sees it: itself, and whom else the map has. */
  private bookOf(node: MemoryNode): AddressBook {
    const peers = this.nodes.filter((other) => other !== node && other.isOnMap);
    return new AddressBook(
      node.entry,
      peers.map(({ entry }) => entry),
    );
  }
}

function entryOf({ name, services = [] }: MemoryNodeSpec): BookEntry {
  return { identities: [bookName(name)], services: services.map(bookName) };
}

/** The id is made from the name here, as there are no keys. */
function bookName(text: string): BookName {
  const name = X500Name.parse(text);
  const digest = createHash('sha256').update(name.key()).digest('hex');
  return { id: `DL${digest.slice(0, 40)}`, name };
}

function pair(one: MemoryNode, other: MemoryNode): string {
  return [one.name, other.name].sort().join(' ');
}
