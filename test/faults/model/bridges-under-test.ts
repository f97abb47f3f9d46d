import { BridgeController } from '../../../sidecar/broker/bridge/bridge-controller';
import { DEFAULT_TIMING } from '../../../sidecar/broker/bridge/bridge-state';
import type { FirstMessage, ListFilter, QueueInfo } from '../../../sidecar/broker/operations-types';
import { ManualClock } from '../../../sidecar/lib/clock';
import type { Logger } from '../../../sidecar/lib/log';
import type { Bridge } from '../../../sidecar/plan/broker-plan';
import { peer, planFor } from './network';

export const TIMING = { ...DEFAULT_TIMING, idleMs: 20_000 };
const RETRY = { minMs: 1_000, maxMs: 60_000, handshakeMinMs: 10_000, handshakeMaxMs: 60_000 };
export const POLL_MS = 250;

interface FakeLink {
  started: boolean;
  connected: boolean;
}

/** A broker with the connections of its file, whose queues empty as soon as a connection stands. */
class FakeBroker {
  readonly queues = new Map<string, { messages: number; settled: number }>();
  readonly links = new Map<string, FakeLink>();
  readonly calls: string[] = [];
  /** Whether started connections get through, and whether messages then go out. */
  connects = true;
  carries = true;
  /** Numbers of messages, the first of their queue, that the peer gives back whenever they come. */
  readonly refused = new Map<string, number[]>();
  readonly buried: number[] = [];
  /** The peer ends the connection when one of these comes, and takes none of those behind it. */
  cutsOff = false;
  private givenBack = 0;
  /** What a listing takes, milliseconds. */
  slow = 0;
  stopFails = false;

  constructor(private readonly clock: ManualClock) {}

  put(letter: string, messages = 1): void {
    const queue = this.queues.get(`internal.peers.DL${letter}`) ?? { messages: 0, settled: 0 };
    queue.messages += messages;
    this.queues.set(`internal.peers.DL${letter}`, queue);
  }

  async totalMessageCount(): Promise<number> {
    this.carry();
    return [...this.queues.values()].reduce((sum, { messages }) => sum + messages, 0);
  }

  async listQueues(filter?: ListFilter): Promise<QueueInfo[]> {
    this.calls.push('listQueues');
    this.carry();
    if (this.slow > 0) await new Promise<void>((resolve) => this.clock.after(this.slow, resolve));
    return [...this.queues]
      .filter(([name, { messages }]) => (filter?.field === 'name' ? name === filter.value : messages > 0))
      .map(
        ([name, { messages, settled }]) =>
          ({ name, messageCount: messages, deliveringCount: messages, messagesAcknowledged: settled }) as QueueInfo,
      );
  }

  async brokerConnections() {
    return [...this.links].map(([name, link]) => ({
      name,
      uri: '',
      ...link,
      connected: link.connected && !this.isCutOff(name),
    }));
  }

  async startBrokerConnection(name: string): Promise<void> {
    this.calls.push(`start ${name}`);
    if (!this.links.has(name)) throw new Error(`no connection ${name}`);
    this.links.set(name, { started: true, connected: this.connects });
  }

  async stopBrokerConnection(name: string): Promise<void> {
    this.calls.push(`stop ${name}`);
    if (this.stopFails) throw new Error('no answer');
    if (this.links.has(name)) this.links.set(name, { started: false, connected: false });
  }

  async handledMessages(queue: string): Promise<number> {
    if (!this.cutsOff) this.givenBack += (this.refused.get(queue) ?? []).length * 100;
    return (this.queues.get(queue)?.settled ?? 0) + this.givenBack;
  }

  /** What is given back is offered again at once. */
  async messagesUnderWay(queue: string): Promise<number[]> {
    return this.cutsOff ? [] : (this.refused.get(queue) ?? []);
  }

  async firstMessage(queue: string): Promise<FirstMessage | undefined> {
    const [id = 1_000] = this.refused.get(queue) ?? [];
    return (this.queues.get(queue)?.messages ?? 0) > 0 ? { id } : undefined;
  }

  async buryMessage(name: string, id: number): Promise<boolean> {
    const queue = this.queues.get(name);
    if (queue !== undefined) queue.messages -= 1;
    this.buried.push(id);
    this.refused.set(
      name,
      (this.refused.get(name) ?? []).filter((one) => one !== id),
    );
    return true;
  }

  taken(pattern: RegExp): string[] {
    return this.calls.splice(0).filter((call) => pattern.test(call));
  }

  private isCutOff(connection: string): boolean {
    return this.cutsOff && (this.refused.get(connection.replace('peer.', 'internal.peers.')) ?? []).length > 0;
  }

  private carry(): void {
    for (const [name, { connected }] of this.links) {
      const queueName = name.replace('peer.', 'internal.peers.');
      const queue = this.queues.get(queueName);
      if (!connected || !this.carries || this.isCutOff(name) || queue === undefined) continue;
      const stays = (this.refused.get(queueName) ?? []).length;
      queue.settled += Math.max(0, queue.messages - stays);
      queue.messages = Math.min(queue.messages, stays);
    }
  }
}

function logTo(lines: string[]): Logger {
  const note = (message: string): void => void lines.push(message);
  const log: Logger = {
    trace: () => undefined,
    debug: () => undefined,
    info: note,
    warn: (message, fields) => note(`${message}: ${String(fields?.reason)}`),
    error: note,
    child: () => log,
  };
  return log;
}

/** So many names of peers. */
export const letters = (count: number): string[] => Array.from({ length: count }, (_, index) => `P${index + 100}`);
export const bridgesOf = (names: readonly string[], port?: number): readonly Bridge[] =>
  planFor(names.map((name) => peer(name, port))).bridges;

/** Bridges over a broker and peers that do as told; nothing runs yet. */
export function setUp({ keep = 100 } = {}) {
  const clock = new ManualClock(1_000_000);
  const broker = new FakeBroker(clock);
  const lines: string[] = [];
  const tried: string[] = [];
  const refusing = new Map<string, Error>();
  const gates: (() => void)[] = [];
  const options = { held: false, activationFails: false };
  const file: string[][] = [];
  const controller: BridgeController = new BridgeController({
    operations: broker,
    preflight: async ({ peer: id }) => {
      tried.push(id);
      if (options.held) await new Promise<void>((resolve) => gates.push(resolve));
      const error = refusing.get(id);
      if (error !== undefined) throw error;
    },
    activate: async () => {
      if (options.activationFails) throw new Error('the broker does not take its file');
      write();
    },
    timing: TIMING,
    retry: RETRY,
    pollMs: POLL_MS,
    keep,
    clock,
    random: () => 0.999_999,
    log: logTo(lines),
  });
  /** The broker gets a file with the active connections, as after an apply. */
  const write = (): void => {
    const names = controller.activeBridges().map(({ name }) => name);
    file.push(names);
    for (const name of broker.links.keys()) if (!names.includes(name)) broker.links.delete(name);
    for (const name of names) {
      if (!broker.links.has(name)) broker.links.set(name, { started: false, connected: false });
    }
  };
  const replace = async (bridges: readonly Bridge[]): Promise<void> => {
    await controller.makeWay(bridges);
    write();
    controller.admit(bridges);
  };
  const phase = (letter: string): string | undefined =>
    controller.status().find((status) => status.peer === `DL${letter}`)?.phase;
  return { clock, broker, lines, tried, refusing, gates, options, file, controller, replace, phase };
}

/** The same, with bridges to the peers named, looking at their queues. */
export async function running(names: readonly string[], options: { keep?: number } = {}) {
  const set = setUp(options);
  await set.replace(bridgesOf(names));
  set.controller.start();
  await set.clock.advance(0);
  set.broker.calls.length = 0;
  return set;
}
