import type { KnownSerials } from '../../../sidecar/network/merge';
import { networkView } from '../../../sidecar/network/network-view';
import { peerId } from '../../../sidecar/network/peer';
import type { BrokerPlan } from '../../../sidecar/plan/broker-plan';
import { planBroker } from '../../../sidecar/plan/plan-broker';
import { Publisher } from '../../../sidecar/control/publisher';
import { settingsUnder } from '../../../sidecar/control/plan-settings';
import { silentLogger } from '../../../sidecar/lib/log';
import { MapCache } from '../../../sidecar/sources/cache/map-cache';
import type { MapDecisions } from '../../../sidecar/sources/http/decisions';
import { MapClient } from '../../../sidecar/sources/http/map-client';
import { NetworkMapSource } from '../../../sidecar/sources/http/network-map-source';
import { OwnNameGuard } from '../../../sidecar/sources/own-name-guard';
import type { MapSnapshot } from '../../../sidecar/sources/source';
import { SETTINGS } from '../../faults/model/network';
import type { Chance } from '../../faults/model/random';
import { MemoryFiles } from './memory-files';
import { NodeJudge, type JudgeSettings } from './node-judge';
import type { PoolInfo, PoolNode } from './node-pool';
import { plannedPeers, type Planned } from './planned';
import { rememberedForm } from './remembered-form';
import { IdleTimers, type VirtualClock } from './virtual-clock';
import type { Way } from './way';

export interface NodeLifeSettings extends Omit<JudgeSettings, 'ownId'> {
  readonly node: PoolNode;
  readonly clock: VirtualClock;
  readonly way: Way;
  readonly chance: Chance;
}

interface Process {
  readonly source: NetworkMapSource;
  readonly guard: OwnNameGuard;
  readonly publisher: Publisher;
  readonly since: number;
  isOver: boolean;
  hasBegun: boolean;
}

const URL_TEXT = 'http://map.example/';
const DAY = 86_400_000;
/** So often a node looks whether its operator has decided. */
const LOOK_MS = 1_000;

/** A node: its disk, one process after the other over it, its operator, and what its broker would be. */
export class NodeLife {
  readonly judge: NodeJudge;
  /** What it publishes. */
  info: PoolInfo | undefined;
  private process: Process | undefined;
  private readonly files = new MemoryFiles();
  private serials: KnownSerials = new Map();
  private decisions: MapDecisions = { parameters: [] };
  /** What a process has read of them last. */
  private read = this.decisions;
  private plan: BrokerPlan | undefined;
  private planned: Planned = new Map();
  private hasChanged = false;
  private looks: IdleTimers | undefined;

  constructor(private readonly settings: NodeLifeSettings) {
    this.judge = new NodeJudge({ ...settings, ownId: settings.node.id });
  }

  get node(): PoolNode {
    return this.settings.node;
  }

  /** Since when its process runs; undefined while none does. */
  get runsSince(): number | undefined {
    return this.process?.since;
  }

  get isHeld(): boolean {
    return this.held !== undefined;
  }

  /** Starts a process, which publishes its NodeInfo with this serial. */
  async start(serial: bigint): Promise<void> {
    const { pool, node, clock, way, chance, violate } = this.settings;
    const info = await pool.info(node, serial);
    this.info = info;
    const life = { isOver: false, hasBegun: false, since: clock.now() };
    const ownClock = clock.view({ isOver: () => life.isOver });
    this.looks = new IdleTimers(clock, LOOK_MS, () => this.read !== this.decisions);
    const sourceClock = clock.view({ isOver: () => life.isOver, idle: this.looks });
    const exchange = way.exchangeOf(this.judge, chance);
    const client = new MapClient({
      ...{ url: new URL(URL_TEXT), exchange, mediaType: rememberedForm.mediaType, platformVersion: 12 },
    });
    const random = (): number => chance.next();
    const source = new NetworkMapSource({
      ...{ url: URL_TEXT, client, form: rememberedForm, roots: [pool.root], cache: new MapCache(this.files) },
      ...{ clock: sourceClock, random, poll: { minMs: 2_000, maxMs: DAY }, brake: this.settings.brake },
      ...{
        ownId: node.id,
        maxPeers: 1_000,
        knownSerials: this.serials,
        decisions: async () => (this.read = this.decisions),
      },
    });
    const guard = new OwnNameGuard(source, info.peer, ownClock);
    const publisher = new Publisher({ client, nodeInfo: info.bytes, clock: ownClock, random, log: silentLogger });
    const process: Process = Object.assign(life, { source, guard, publisher });
    this.process = process;
    guard
      .start((snapshot) => this.follow(snapshot, info))
      .then(
        () => {
          if (!life.isOver) publisher.start();
        },
        (error: unknown) => violate(`${node.letter} does not start: ${String(error)}`),
      );
  }

  /** Ends the process, in whatever it is. */
  async stop(): Promise<void> {
    const { process } = this;
    if (process === undefined) return;
    this.process = undefined;
    process.isOver = true;
    await process.publisher.stop();
    await process.guard.stop();
    this.judge.ends();
  }

  /** The operator looks, and accepts the loss that is held. */
  accept(): boolean {
    const { held } = this;
    if (held === undefined || held.lost.length === 0) return false;
    const at = this.settings.clock.now();
    this.decisions = { parameters: [], map: { digest: held.digest, at } };
    this.judge.decides({ lost: held.lost.join(' '), at });
    this.looks?.wake(this.settings.chance.between(1, LOOK_MS));
    return true;
  }

  /** Has the judge look at what has ended since the last time. */
  observe(): void {
    const { process, judge } = this;
    if (process === undefined) return;
    if (!this.hasChanged && !judge.isPolling && process.hasBegun) return;
    const { clock, violate } = this.settings;
    const status = process.source.status();
    if (judge.isPolling && (status.nextPollAt ?? 0) <= clock.now()) return;
    if (judge.isPolling) judge.polled(this.planned, status, clock.now());
    else if (!process.hasBegun) judge.begun(this.planned, status, clock.now());
    else violate(`${this.node.letter} follows a map without having asked`);
    process.hasBegun = true;
    this.hasChanged = false;
  }

  private get held() {
    return this.process?.source.status().held;
  }

  private follow(snapshot: MapSnapshot, { peer }: PoolInfo): void {
    this.serials = snapshot.serials;
    const peers = snapshot.peers.map((sourced) => sourced.peer);
    this.plan = planBroker(networkView(peer, peers), settingsUnder(snapshot, SETTINGS));
    this.planned = plannedPeers(this.plan, this.settings.violate);
    this.hasChanged = true;
    if (snapshot.peers.some((sourced) => snapshot.serials.get(peerId(sourced.peer)) === undefined)) {
      this.settings.violate(`${this.node.letter} takes a serial without keeping it`);
    }
  }
}
