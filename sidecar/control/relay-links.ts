import type { BridgeStatus } from '../broker/bridge/bridge-status';
import type { BridgePhase } from '../broker/bridge/bridge-state';
import { sameBridge } from '../broker/bridge/same-bridge';
import { sameValue } from '../plan/same-value';
import type { BrokerOperations } from '../broker/operations';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import type { SwaptacularPeer } from '../network/swaptacular-node';
import type { Bridge } from '../plan/broker-plan';
import type { RelayStatus } from '../relay/relay-status';
import type { StompRelay } from '../relay/stomp-relay';
import type { PeerLinks } from './peer-links';

export interface RelayLinksOptions {
  readonly operations: Pick<BrokerOperations, 'listQueues'>;
  /** By id, as the map has them now. */
  readonly peers: () => ReadonlyMap<string, SwaptacularPeer>;
  /** A relay of one queue; throws where what is given cannot work. */
  readonly relay: (peer: SwaptacularPeer, queue: string) => Pick<StompRelay, 'start' | 'stop' | 'status'>;
  /** Time between two looks at the queues, milliseconds. */
  readonly pollMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Entry {
  readonly bridge: Bridge;
  readonly peer: SwaptacularPeer;
  readonly relays: readonly Pick<StompRelay, 'start' | 'stop' | 'status'>[];
}

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

  constructor(private readonly options: RelayLinksOptions) {}

  /** The broker's own file has no connection to anybody. */
  activeBridges(): Bridge[] {
    return [];
  }

  async makeWay(bridges: readonly Bridge[]): Promise<void> {
    const wanted = new Map(bridges.map((bridge) => [bridge.name, bridge]));
    const peers = this.options.peers();
    const over = [...this.entries].filter(([name, { bridge, peer }]) => {
      const next = wanted.get(name);
      return next === undefined || !sameBridge(next, bridge) || !isSame(peer, peers.get(peer.id));
    });
    for (const [name] of over) this.entries.delete(name);
    await Promise.all(over.flatMap(([, { relays }]) => relays.map((relay) => relay.stop())));
  }

  admit(bridges: readonly Bridge[]): void {
    const { relay, log } = this.options;
    const peers = this.options.peers();
    for (const bridge of bridges) {
      const peer = peers.get(bridge.peer);
      if (peer === undefined || this.entries.has(bridge.name)) continue;
      try {
        const relays = bridge.links.map(({ queue }) => relay(peer, queue));
        this.entries.set(bridge.name, { bridge, peer, relays });
        if (this.running) for (const each of relays) each.start();
      } catch (error) {
        log.error('messages for a peer cannot be carried', { peer: bridge.peer, error });
      }
    }
  }

  /** Relays end with the sidecar that ran them. */
  async takeOver(): Promise<void> {
    await Promise.resolve();
  }

  start(): void {
    this.running = true;
    for (const { relays } of this.entries.values()) for (const relay of relays) relay.start();
    this.schedule();
  }

  async stop(): Promise<void> {
    this.running = false;
    this.cancel();
    await this.looking;
    await Promise.all([...this.entries.values()].flatMap(({ relays }) => relays.map((relay) => relay.stop())));
  }

  /** Relays connect to the own broker again by themselves. */
  brokerReady(): void {
    this.queued = new Map();
  }

  status(): BridgeStatus[] {
    return [...this.entries.values()].map(({ bridge: { name, peer, links }, relays }) => {
      const found = relays.map((relay) => relay.status());
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

  private schedule(): void {
    const { clock, pollMs } = this.options;
    this.cancel = clock.after(pollMs, () => {
      this.looking = this.count().finally(() => {
        if (this.running) this.schedule();
      });
    });
  }

  private async count(): Promise<void> {
    const filter = { field: 'messageCount', operation: 'GREATER_THAN', value: 0 } as const;
    try {
      const queues = await this.options.operations.listQueues(filter);
      this.queued = new Map(queues.map(({ name, messageCount }) => [name, messageCount]));
    } catch (error) {
      this.options.log.debug('the queues could not be counted', { error });
    }
  }
}

function isSame(peer: SwaptacularPeer, now: SwaptacularPeer | undefined): boolean {
  return now === peer || sameValue(now, peer);
}
