import type { BridgeStatus } from '../broker/bridge/bridge-status';
import type { BridgePhase } from '../broker/bridge/bridge-state';
import { sameValue } from '../plan/same-value';
import { NumberReader, type NumberOperations } from '../broker/bridge/broker-numbers';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import type { SwaptacularPeer } from '../network/swaptacular-node';
import type { Bridge } from '../plan/broker-plan';
import type { RelayStatus } from '../relay/relay-status';
import type { StompRelay } from '../relay/stomp-relay';
import type { PeerLinks } from './peer-links';

export interface RelayLinksOptions {
  readonly operations: NumberOperations;
  /** By id, as the map has them now. */
  readonly peers: () => ReadonlyMap<string, SwaptacularPeer>;
  /** A relay of one queue; throws where what is given cannot work. */
  readonly relay: (peer: SwaptacularPeer, queue: string) => Pick<StompRelay, 'start' | 'stop' | 'status'>;
  /** Time between two looks at the queues, milliseconds; a second at least. */
  readonly pollMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Running {
  readonly peer: SwaptacularPeer;
  readonly relay: Pick<StompRelay, 'start' | 'stop' | 'status'>;
}

interface Entry {
  bridge: Bridge;
  /** By queue. */
  readonly relays: Map<string, Running>;
}

/** Only the status tells how many wait: counting them more often would cost the broker for nobody. */
const LEAST_MS = 1_000;

const PHASES: Readonly<Record<RelayStatus['phase'], BridgePhase>> = {
  idle: 'idle',
  connecting: 'starting',
  connected: 'connected',
  waiting: 'waiting',
  stopping: 'connected',
};

/** Runs a relay for each queue of each peer that the live plan has. */
export class RelayLinks implements PeerLinks {
  private readonly entries = new Map<string, Entry>();
  /** Messages by queue, as they were counted last. */
  private queued: ReadonlyMap<string, number> = new Map();
  private running = false;
  private cancel: () => void = () => undefined;
  private looking: Promise<void> = Promise.resolve();

  private readonly numbers: NumberReader;

  constructor(private readonly options: RelayLinksOptions) {
    this.numbers = new NumberReader(options.operations, options.clock);
  }

  /** The broker's own file has no connection to anybody. */
  activeBridges(): Bridge[] {
    return [];
  }

  /** A relay whose queue and peer stay as they are goes on, whatever becomes of the peer's other queues. */
  async makeWay(bridges: readonly Bridge[]): Promise<void> {
    const wanted = new Map(bridges.map((bridge) => [bridge.name, bridge]));
    const peers = this.options.peers();
    const over: Running[] = [];
    for (const [name, { relays }] of this.entries) {
      const queues = new Set(wanted.get(name)?.links.map(({ queue }) => queue));
      for (const [queue, running] of relays) {
        if (queues.has(queue) && isSameWay(running.peer, peers.get(running.peer.id))) continue;
        relays.delete(queue);
        over.push(running);
      }
      if (relays.size === 0) this.entries.delete(name);
    }
    await Promise.all(over.map(({ relay }) => relay.stop()));
  }

  admit(bridges: readonly Bridge[]): void {
    const { log } = this.options;
    const peers = this.options.peers();
    for (const bridge of bridges) {
      const peer = peers.get(bridge.peer);
      if (peer === undefined) continue;
      const entry = this.entries.get(bridge.name) ?? { bridge, relays: new Map<string, Running>() };
      entry.bridge = bridge;
      try {
        for (const { queue } of bridge.links) if (!entry.relays.has(queue)) this.run(entry, peer, queue);
      } catch (error) {
        log.error('messages for a peer cannot be carried', { peer: bridge.peer, error });
      }
      if (entry.relays.size > 0) this.entries.set(bridge.name, entry);
    }
  }

  /** Relays end with the sidecar that ran them. */
  async takeOver(): Promise<void> {
    await Promise.resolve();
  }

  start(): void {
    this.running = true;
    for (const { relay } of this.all()) relay.start();
    this.schedule();
  }

  async stop(): Promise<void> {
    this.running = false;
    this.cancel();
    await this.looking;
    await Promise.all(this.all().map(({ relay }) => relay.stop()));
  }

  /** Each relay ends in good order, and another that shows the node's certificate as it is now takes its place. */
  async renewed(): Promise<void> {
    const each = [...this.entries.values()].flatMap((entry) =>
      [...entry.relays].map(([queue, { peer, relay }]) => ({ entry, queue, peer, relay })),
    );
    await Promise.all(
      each.map(async ({ entry, queue, peer, relay }) => {
        await relay.stop();
        this.run(entry, peer, queue);
      }),
    );
  }

  /** Relays connect to the own broker again by themselves. */
  brokerReady(): void {
    this.queued = new Map();
    this.numbers.forget();
  }

  status(): BridgeStatus[] {
    return [...this.entries.values()].map(({ bridge: { name, peer, links }, relays }) => {
      const found = [...relays.values()].map(({ relay }) => relay.status());
      const worst = found.find(({ phase }) => phase === 'waiting') ?? found[0];
      const { phase = 'idle', since = 0, failures = 0, retryAt, cause } = worst ?? {};
      const queued = links.reduce((sum, { queue }) => sum + (this.queued.get(queue) ?? 0), 0);
      return {
        ...{ peer, name, phase: PHASES[phase], since, queued, failures },
        ...(retryAt === undefined ? {} : { retryAt }),
        ...(cause === undefined ? {} : { cause }),
      };
    });
  }

  private run({ relays }: Entry, peer: SwaptacularPeer, queue: string): void {
    const relay = this.options.relay(peer, queue);
    relays.set(queue, { peer, relay });
    if (this.running) relay.start();
  }

  private all(): Running[] {
    return [...this.entries.values()].flatMap(({ relays }) => [...relays.values()]);
  }

  private schedule(): void {
    const { clock, pollMs } = this.options;
    this.cancel = clock.after(Math.max(pollMs, LEAST_MS), () => {
      this.looking = this.count().finally(() => {
        if (this.running) this.schedule();
      });
    });
  }

  private async count(): Promise<void> {
    try {
      const numbers = await this.numbers.changed(false, false);
      if (numbers === undefined) return;
      this.queued = new Map([...numbers.queues].map(([name, { messageCount }]) => [name, messageCount]));
    } catch (error) {
      this.options.log.debug('the queues could not be counted', { error });
    }
  }
}

/** Whether a relay to the one is as good for the other: nothing else of a peer matters to it. */
function isSameWay(peer: SwaptacularPeer, now: SwaptacularPeer | undefined): boolean {
  const way = ({ id, stomp, subCa, rootCertificate }: SwaptacularPeer): unknown[] => [
    id,
    stomp,
    subCa,
    rootCertificate,
  ];
  return now === peer || (now !== undefined && sameValue(way(now), way(peer)));
}
