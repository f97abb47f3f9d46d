import { randomUUID } from 'node:crypto';
import type { BrokerEvent } from '../broker/broker';
import { mayRetry, type WantedBroker } from '../broker/reconcile/reconciler';
import type { ChangeReport } from '../broker/reconcile/change';
import { Backoff } from '../lib/backoff';
import { networkView } from '../network/network-view';
import { peerId } from '../network/peer';
import type { Bridge, BrokerPlan } from '../plan/broker-plan';
import { planBroker } from '../plan/plan-broker';
import type { PlanSettings } from '../plan/plan-settings';
import type { StoreContents } from '../render/stores';
import type { MapSnapshot } from '../sources/source';
import { diffPlans } from '../plan/plan-diff';
import { ChangeWay } from './observe/change-way';
import type { NodeObservation } from './observe/observer';
import { doesAnswer } from './broker-answers';
import { renewStores } from './certificates/renew-stores';
import { logBrokerEvent } from './log-broker-event';
import { periodically } from './periodic';
import { settingsUnder } from './plan-settings';
import { SerialQueue } from './serial-queue';
import type { SidecarParts } from './sidecar-parts';
import type { NodeStatus } from './status';
import { StatusWriter } from './status-writer';
import { buildStatus, problemOf, type StatusParts } from './status-builder';

const STATUS_MS = 1_000;
const BACKLOG_MS = 5_000;
const RETRY = { min: 1_000, max: 60_000 };

/** One node's control loop: map in, plan, broker changed and proven, drift repaired, peers connected on demand. */
export class Sidecar {
  private readonly queue = new SerialQueue();
  private readonly retry: Backoff;
  private readonly startedAt: number;
  private snapshot: MapSnapshot;
  /** What the plan that is live was made of. */
  private live: { readonly snapshot: MapSnapshot; readonly settings: PlanSettings } | undefined;
  private settings: PlanSettings;
  private plan: BrokerPlan | undefined;
  private parts: StatusParts = { repairs: 0 };
  private cancels: (() => void)[] = [];
  private cancelRetry: () => void = () => undefined;
  private running = false;
  /** False while the broker is as a plan says of which the proof has failed or is not done. */
  private proven = true;
  private readonly statusWriter: StatusWriter;
  private readonly keepQueue = new SerialQueue();
  /** An activation that has not begun yet. */
  private activation: Promise<void> | undefined;

  constructor(private readonly options: SidecarParts) {
    this.startedAt = options.clock.now();
    this.statusWriter = new StatusWriter(options.state, options.log);
    this.snapshot = options.source.snapshot();
    this.settings = options.settings;
    this.retry = new Backoff({ ...RETRY, random: options.random });
  }

  /** Resolves when the broker runs as the first map says, proven. Throws what keeps it from that. */
  async start(signal: AbortSignal): Promise<void> {
    const { source, broker, reconciler, bridges, state } = this.options;
    this.running = true;
    await source.start((snapshot) => this.onSnapshot(snapshot));
    await this.options.departures.open();
    const first = this.snapshot;
    const way = this.way('start');
    const plan = this.planOf(first);
    await state.writeSerials(first.serials);
    await bridges.makeWay(plan.bridges);
    // Our own is started anew in any case; one that runs elsewhere keeps its files until they are changed step by step.
    if (broker.kind === 'embedded' || !(await doesAnswer(broker, reconciler))) {
      await reconciler.prepare(this.wanted(plan, bridges.activeBridges()));
    }
    this.cancels.push(broker.subscribe((event) => this.onBroker(event)));
    // One with a shared store may wait for its turn for months.
    if (this.settings.sharedStore === true) await this.writeStatus();
    await broker.start(signal);
    await bridges.takeOver(plan.bridges);
    await this.queue.run(() => this.goLive(plan, way));
    this.live = { snapshot: first, settings: this.settings };
    this.options.certificates?.start((stores) => this.renew(stores));
    this.options.users?.start((users) => this.onUsers(users));
    // While the broker started the map may have changed.
    if (this.snapshot !== first) this.onSnapshot(this.snapshot);
    bridges.start();
    this.options.publisher?.start();
    this.options.screen?.start();
    this.every(this.options.driftMs, () => this.queue.run(() => this.repairDrift()));
    this.every(this.options.departures.lookMs, () => this.queue.run(() => this.lookAtDepartures()));
    this.every(BACKLOG_MS, () => this.lookAtBacklog());
    this.every(STATUS_MS, () => this.writeStatus());
    await this.writeStatus();
  }

  /** Ends in good order: nothing is half applied. An embedded broker is stopped, too. */
  async stop(): Promise<void> {
    this.running = false;
    for (const cancel of this.cancels) cancel();
    this.cancelRetry();
    await this.options.publisher?.stop();
    await this.options.users?.stop();
    await this.options.certificates?.stop();
    await this.options.source.stop();
    await this.options.bridges.stop();
    await this.options.screen?.stop();
    await this.queue.idle();
    await this.keepQueue.idle();
    await this.options.rpcSessions?.stop();
    await this.options.broker.stop();
    await this.writeStatus();
  }

  status(): NodeStatus {
    const { material, settings, broker, bridges, clock } = this.options;
    return buildStatus({
      own: material.own,
      pid: process.pid,
      startedAt: this.startedAt,
      now: clock.now(),
      broker: { kind: broker.kind, state: broker.state, ...(settings.sharedStore && { sharedStore: true }) },
      snapshot: this.snapshot,
      bridges: bridges.status(),
      parts: this.parts,
      departed: this.options.departures.list(),
      backlog: this.options.backlog.view(),
      ...(this.options.users && { users: this.options.users }),
      ...(this.options.certificates && { certificates: this.options.certificates }),
      ...(this.options.networkMap === undefined ? {} : { networkMap: this.options.networkMap() }),
    });
  }

  /** With what is shown beside the status. Throws RangeError where nobody gathers it. */
  observe(): NodeObservation {
    if (this.options.observer === undefined) throw new RangeError('nothing is gathered of this node');
    return this.options.observer.observe(this.status());
  }

  /** Puts the connections that the bridges want now into the broker's file. */
  activate(): Promise<void> {
    const { reconciler, bridges } = this.options;
    // What is asked for while others are waiting for their turn goes along with them.
    this.activation ??= this.queue.run(async () => {
      this.activation = undefined;
      if (this.plan === undefined) return;
      await reconciler.apply(this.wanted(this.plan, bridges.activeBridges()), 'a peer is connected on demand');
    });
    return this.activation;
  }

  private onSnapshot(snapshot: MapSnapshot): void {
    this.snapshot = snapshot;
    if (this.plan === undefined) return;
    const way = this.way('the map changed');
    this.retry.reset();
    void this.queue.run(() => this.follow(snapshot, way));
  }

  private onUsers(rpcUsers: PlanSettings['rpcUsers']): void {
    this.settings = { ...this.settings, rpcUsers };
    const way = this.way('the RPC users changed');
    this.retry.reset();
    void this.queue.run(() => this.follow(this.snapshot, way));
  }

  /** Certificates that were verified go live; where that fails all is as before. Throws why. */
  private renew(stores: StoreContents): Promise<void> {
    return this.queue.run(async () => {
      const { plan, options } = this;
      if (plan === undefined || !this.running) return;
      const { change, why, seenAt } = this.way('certificates were renewed');
      const wanted = (): WantedBroker => this.wanted(plan, options.bridges.activeBridges());
      const changes = await renewStores(options, stores, plan, wanted);
      await options.bridges.renewed?.();
      const at = options.clock.now();
      this.parts = { ...this.parts, live: { change, at, tookMs: at - seenAt, changes } };
      const entry = { change, why, at, tookMs: at - seenAt, changes: ofTheBroker(changes) };
      options.observer?.changes.live(entry);
      await this.writeStatus();
    });
  }

  private way(why: string): ChangeWay {
    const { clock, log, trace } = this.options;
    return new ChangeWay({ change: randomUUID().slice(0, 8), why, clock, log, ...(trace && { trace }) });
  }

  /** Brings the broker to the newest map and users; where that fails the last good ones stay. */
  private async follow(snapshot: MapSnapshot, way: ChangeWay): Promise<void> {
    if (!this.running || snapshot !== this.snapshot) return;
    const { live } = this;
    // A map that cannot go live keeps no user in.
    if (live !== undefined && live.settings !== this.settings && live.snapshot !== snapshot)
      if (!(await this.bring(live.snapshot, way))) return;
    await this.bring(snapshot, way);
  }

  private async bring(snapshot: MapSnapshot, way: ChangeWay): Promise<boolean> {
    const { settings } = this;
    try {
      await this.options.state.writeSerials(snapshot.serials);
      await this.goLive(this.planOf(snapshot), way);
      this.live = { snapshot, settings };
      return true;
    } catch (error) {
      await this.hold(error, way);
      return false;
    }
  }

  private async goLive(plan: BrokerPlan, way: ChangeWay): Promise<void> {
    const { material, reconciler, bridges, departures, clock, log, observer } = this.options;
    const { change, why, seenAt } = way;
    way.reached('planned');
    await departures.welcome(plan);
    await bridges.makeWay(plan.bridges);
    const changes = await reconciler.apply(this.wanted(plan, bridges.activeBridges()), why);
    material.settle();
    way.reached('applied');
    const before = this.plan;
    if (changes.length > 0 || before === undefined || !this.proven) await this.proveOrUndo(plan, before);
    way.reached('proven');
    this.plan = plan;
    bridges.admit(plan.bridges);
    await this.options.screen?.follow(plan);
    await this.options.rpcSessions?.follow(before, plan);
    if (departures.follow(before, plan)) void this.queue.run(() => this.lookAtDepartures());
    this.cancelRetry();
    const wasHeld = this.parts.held !== undefined;
    this.parts = { ...this.parts, held: undefined };
    this.keep(plan);
    if (changes.length === 0 && !wasHeld) return;
    const now = clock.now();
    const tookMs = now - seenAt;
    this.parts = { ...this.parts, live: { change, at: now, tookMs, changes } };
    way.live(before, plan, changes);
    observer?.changes.live({ change, why, at: now, tookMs, changes: diffPlans(before, plan) });
    log.info('live', {
      change,
      why,
      tookMs,
      peers: plan.bridges.length,
      changes: changes.map(({ what }) => what),
    });
    await this.writeStatus();
  }

  /** For `netmap plan`, which shows nothing else wrong where this fails. No change waits for it. */
  private keep(plan: BrokerPlan): void {
    const { state, log } = this.options;
    void this.keepQueue.run(async () => {
      if (plan !== this.plan) return;
      await state.writeApplied(plan).catch((error: unknown) => log.warn('the live plan could not be kept', { error }));
    });
  }

  /** What does not work in use does not stay: the last good plan is brought back. */
  private async proveOrUndo(plan: BrokerPlan, before: BrokerPlan | undefined): Promise<void> {
    const { bridges, prove, reconciler } = this.options;
    this.proven = false;
    try {
      await prove(plan, before);
    } catch (error) {
      if (before !== undefined) {
        await bridges.makeWay(before.bridges);
        await reconciler.apply(this.wanted(before, bridges.activeBridges()), 'the proof failed');
        this.proven = true;
      }
      throw error;
    }
    this.proven = true;
  }

  private async hold(error: unknown, way: ChangeWay): Promise<void> {
    const { bridges, departures, clock, log, observer } = this.options;
    const { change, why, seenAt } = way;
    departures.doubt();
    if (this.plan !== undefined) {
      await bridges.makeWay(this.plan.bridges);
      bridges.admit(this.plan.bridges);
    }
    const held = problemOf(error, clock.now());
    const same = this.parts.held?.message === held.message;
    this.parts = { ...this.parts, held: same && this.parts.held !== undefined ? this.parts.held : held };
    way.failed(error);
    if (!same) {
      log.error('the newest map is held: the last good one stays', { change, error });
      const at = clock.now();
      observer?.changes.refused({ change, why, at, tookMs: at - seenAt, changes: [] }, held);
    }
    if (mayRetry(error)) {
      this.cancelRetry();
      const again = (): Promise<void> => this.follow(this.snapshot, way);
      this.cancelRetry = clock.after(this.retry.next(), () => void this.queue.run(again));
    }
    await this.writeStatus();
  }

  private async repairDrift(): Promise<void> {
    const { reconciler, bridges, broker, clock, log, observer } = this.options;
    if (this.plan === undefined || broker.state !== 'ready' || !this.running) return;
    // What is only asked for yet is no drift.
    if (this.activation !== undefined) return;
    try {
      reconciler.forget();
      const changes = await reconciler.apply(this.wanted(this.plan, bridges.activeBridges()), 'drift');
      if (changes.length > 0) this.noteRepair(changes, clock.now());
    } catch (error) {
      observer?.driftFailed();
      log.warn('drift could not be looked for or repaired', { error });
    }
  }

  private async lookAtDepartures(): Promise<void> {
    const { departures, reconciler, broker, log } = this.options;
    if (this.plan === undefined || broker.state !== 'ready' || !this.running) return;
    // Who is in a map that waits has not left.
    if (this.parts.held !== undefined) return;
    try {
      if (await departures.look(this.plan)) reconciler.forget();
    } catch (error) {
      log.warn('what those who left have left behind could not be looked at', { error });
    }
  }

  private async lookAtBacklog(): Promise<void> {
    const { backlog, bridges, broker, log, observer } = this.options;
    const { plan, snapshot } = this;
    if (plan === undefined || broker.state !== 'ready' || !this.running) return;
    const peers = snapshot.peers.map(({ peer }) => peer);
    await backlog
      .look(plan, bridges.status())
      .then(() => observer?.look(peers, plan.maxMessageSize, backlog.view().deadLetters))
      .catch((error: unknown) => log.debug('what waits could not be looked at', { error }));
  }

  private noteRepair(changes: readonly ChangeReport[], at: number): void {
    this.parts = { ...this.parts, repairs: this.parts.repairs + 1, lastRepair: { at, changes } };
    const change = randomUUID().slice(0, 8);
    this.options.observer?.changes.repaired({
      change,
      why: 'drift',
      at,
      tookMs: 0,
      changes: ofTheBroker(changes, 'was changed: '),
    });
    this.options.log.warn('drift repaired', { change, changes: changes.map(({ what }) => what) });
  }

  private onBroker(event: BrokerEvent): void {
    const { log, bridges } = this.options;
    logBrokerEvent(log, event);
    if (event.type !== 'ready') return;
    this.parts = { ...this.parts, version: event.version };
    if (this.plan === undefined) return;
    bridges.brokerReady();
    void this.queue.run(() => this.repairDrift());
    if (this.parts.held !== undefined) this.onSnapshot(this.snapshot);
  }

  private planOf(snapshot: MapSnapshot): BrokerPlan {
    const view = networkView(
      this.options.material.own,
      snapshot.peers.map(({ peer }) => peer),
    );
    return planBroker(view, settingsUnder(snapshot, this.settings));
  }

  private wanted(plan: BrokerPlan, active: readonly Bridge[]): WantedBroker {
    const stores = this.options.material.wanted;
    const current = new Map(plan.bridges.map((bridge) => [bridge.name, bridge]));
    return { plan, stores, active: active.flatMap(({ name }) => current.get(name) ?? []) };
  }

  private every(ms: number, work: () => Promise<void>): void {
    const { clock, log } = this.options;
    const onError = (error: unknown): void => log.warn('periodic work failed', { error });
    this.cancels.push(periodically({ clock, ms, work, onError }));
  }

  private writeStatus(): Promise<void> {
    const { bridges, broker, departures, backlog, users, networkMap, certificates } = this.options;
    const sources = (): unknown[] => [
      certificates?.held,
      ...[this.snapshot, this.parts, backlog.view(), users?.users, users?.held, broker.state, departures.list()],
      ...[JSON.stringify(networkMap?.()), ...bridges.status()],
    ];
    return this.statusWriter.write(sources, () => this.status());
  }

  /** The id by which others name this node. */
  get id(): string {
    return peerId(this.options.material.own);
  }
}

function ofTheBroker(changes: readonly ChangeReport[], before = '') {
  return changes.map(({ what, ...rest }) => ({ ...rest, subject: 'the broker', what: `${before}${what}` }));
}
