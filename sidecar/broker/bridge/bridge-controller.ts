import type { Clock } from '../../lib/clock';
import { NetmapError } from '../../lib/errors';
import { logTransition, type Logger } from '../../lib/log';
import type { Bridge } from '../../plan/broker-plan';
import type { BrokerOperations } from '../operations';
import { BridgeEntry, viewOf, type RetryLimits } from './bridge-entry';
import type { BridgeStatus } from './bridge-status';
import { connectedState, isRunning, observe, tookMessages, type BridgeStep, type BridgeTiming } from './bridge-state';
import { NumberReader, type BrokerNumbers, type NumberOperations } from './broker-numbers';
import type { Preflight } from './preflight';
import { RefusedHeads, type RefusalOperations, type RefusedHead } from './refused-heads';
import { sameBridge } from './same-bridge';

export interface BridgeControllerOptions {
  readonly operations: NumberOperations &
    RefusalOperations &
    Pick<BrokerOperations, 'startBrokerConnection' | 'stopBrokerConnection'>;
  readonly preflight: Preflight;
  /** Puts exactly the `activeBridges` of that moment into the broker's file; resolves when the broker has them. */
  readonly activate: () => Promise<void>;
  readonly timing: BridgeTiming;
  readonly retry: RetryLimits;
  readonly pollMs: number;
  /** Connections kept in the broker's file, started or not. */
  readonly keep: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

export class BridgeError extends NetmapError<'BRIDGE_LOST' | 'BRIDGE_REFUSED' | 'BRIDGE_STALLED'> {}

/**
 * However many queues there are, a poll takes one part in so many of the time at most while nothing is in use, and half
 * of it otherwise: a peer that refuses messages must be seen within a second, also by a broker that is slow to answer.
 */
const QUIET_SHARE = 10;
const BUSY_SHARE = 1;
/** A broker that answers late, or not at all for a time, is looked at again soon after. */
const MOST_REST_MS = 30_000;
/** Peers tried at the same time. */
const CHECKS = 16;

/** Connects each peer when its queues have messages, drops the connection when idle, and waits where a peer refuses. */
export class BridgeController {
  private readonly entries = new Map<string, BridgeEntry>();
  private active = new Map<string, Bridge>();
  private cancel: (() => void) | undefined;
  private looking: Promise<void> | undefined;
  private running = false;
  private checks = 0;
  /** Grows whenever what was read of the broker before does not hold any more. */
  private era = 0;
  private readonly numbers: NumberReader;

  constructor(private readonly options: BridgeControllerOptions) {
    this.numbers = new NumberReader(options.operations, options.clock);
  }

  /** The connections that the broker's file must have now. */
  activeBridges(): Bridge[] {
    return [...this.active.values()];
  }

  /**
   * Makes way for a new set of bridges: connections of peers that left or changed are stopped before this resolves, so
   * that their permission may be withdrawn after it; all others are left alone. `activeBridges` are those of the new
   * set from now on; none of its new bridges connects before it is admitted.
   */
  async makeWay(bridges: readonly Bridge[]): Promise<void> {
    const wanted = new Map(bridges.map((bridge) => [bridge.name, bridge]));
    for (const [name, entry] of [...this.entries]) {
      const next = wanted.get(name);
      if (next !== undefined && sameBridge(next, entry.bridge)) continue;
      // Forgotten first: whoever is about to start it must see that it is not wanted any more.
      this.entries.delete(name);
      const known = this.active.delete(name);
      if (known || entry.state.phase !== 'idle') await this.stopConnection(entry);
    }
    const all = wanted.size <= this.options.keep;
    const names = all ? [...wanted.keys()].sort() : [...this.active.keys()];
    const active = names.flatMap((name) => wanted.get(name) ?? []);
    this.active = new Map(active.map((bridge) => [bridge.name, bridge]));
  }

  /** The broker is as this set of bridges needs it: those that are new connect from now on when they have messages. */
  admit(bridges: readonly Bridge[]): void {
    for (const bridge of bridges) if (!this.entries.has(bridge.name)) this.entries.set(bridge.name, this.entry(bridge));
    this.numbers.forget();
    this.hurry();
  }

  /** Takes over those of the connections that the broker already runs, after a restart of the sidecar. */
  async takeOver(bridges: readonly Bridge[]): Promise<void> {
    const { queues, links } = await this.numbers.all();
    for (const bridge of bridges) {
      const view = viewOf(bridge, queues, links);
      if (view.link?.started !== true) continue;
      const entry = this.entry(bridge);
      entry.state = connectedState(view, this.options.clock.now());
      this.entries.set(bridge.name, entry);
      this.active.set(bridge.name, bridge);
    }
  }

  /** Begins to look at the queues. */
  start(): void {
    this.running = true;
    this.schedule(0);
  }

  async stop(): Promise<void> {
    this.running = false;
    this.cancel?.();
    await this.looking;
  }

  /** The broker answers again. If it has started anew it runs no connection: those in use are to be made again. */
  brokerReady(): void {
    const now = this.options.clock.now();
    this.era += 1;
    this.numbers.forget();
    for (const entry of this.entries.values()) {
      if (entry.state.phase === 'connected' || entry.state.phase === 'starting') entry.enter('idle', now);
    }
    this.hurry();
  }

  /** Looks now rather than at the next poll. */
  hurry(): void {
    if (this.running && this.looking === undefined) this.schedule(0);
  }

  /** A bridge about which nothing has changed has the same object as before. */
  status(): BridgeStatus[] {
    return [...this.entries.values()].map((entry) => entry.status());
  }

  private entry(bridge: Bridge): BridgeEntry {
    const { clock, retry, random } = this.options;
    return new BridgeEntry(bridge, clock.now(), retry, random);
  }

  private schedule(ms: number): void {
    this.cancel?.();
    this.cancel = this.options.clock.after(ms, () => {
      const began = this.options.clock.now();
      const { era } = this;
      this.looking = this.look()
        .catch((error: unknown) => this.options.log.debug('bridges could not be looked at', { error }))
        .finally(() => {
          this.looking = undefined;
          // A look during which the broker was away took as long as that.
          const took = era === this.era ? this.options.clock.now() - began : 0;
          const rest = Math.min(took * this.share(), MOST_REST_MS);
          if (this.running) this.schedule(Math.max(this.options.pollMs, rest));
        });
    });
  }

  private share(): number {
    const inUse = [...this.entries.values()].some(({ state }) => state.phase === 'connected');
    return inUse ? BUSY_SHARE : QUIET_SHARE;
  }

  private async look(): Promise<void> {
    const now = this.options.clock.now();
    const entries = [...this.entries.values()];
    const { era } = this;
    const busy = entries.some(({ state }) =>
      state.phase === 'waiting' ? now >= (state.retryAt ?? 0) : state.phase !== 'idle',
    );
    const numbers = await this.numbers.changed(busy, this.active.size > 0);
    // What was read before the broker started anew, or before a bridge was replaced, says nothing about those of now.
    if (numbers === undefined || era !== this.era) return;
    const due: BridgeEntry[] = [];
    const steps = entries
      .filter((entry) => this.current(entry) && isConcerned(entry, numbers))
      .map((entry) => this.observe(entry, numbers, due));
    this.check(due);
    await Promise.all(steps);
  }

  private async observe(entry: BridgeEntry, numbers: BrokerNumbers, due: BridgeEntry[]): Promise<void> {
    const { clock, timing } = this.options;
    const view = viewOf(entry.bridge, numbers.queues, numbers.links);
    const before = entry.state;
    // The broker goes from one address to the next by itself, and begins at the first whenever it is started.
    const connectMs = timing.connectMs * entry.bridge.addresses.length;
    const [state, step] = observe(before, view, clock.now(), { ...timing, connectMs });
    entry.queued = view.queued;
    entry.state = state;
    this.tell(entry);
    if (state.phase === 'connected' && tookMessages(before, view)) entry.succeed();
    entry.heads?.saw(isRunning(state) ? view.link?.connected === true : undefined);
    if (isRunning(state) && view.queued > 0)
      this.besides(entry, this.lookForRefused(entry, numbers, view.link?.connected === true));
    if (step === 'check') due.push(entry);
    else if (step !== 'none') await this.act(entry, step);
  }

  private async act(entry: BridgeEntry, step: Exclude<BridgeStep, 'none' | 'check'>): Promise<void> {
    switch (step) {
      case 'stop':
        return this.stopConnection(entry);
      case 'recheck':
        if (this.checks < CHECKS) void this.recheck(entry);
        return;
      case 'drop-idle':
        await this.dropIdle(entry);
        return;
      case 'park-lost':
        return this.parkEnded(entry, new BridgeError('BRIDGE_LOST', 'the connection was lost', { decision: 'retry' }));
      case 'park-stalled':
        return this.parkEnded(
          entry,
          new BridgeError('BRIDGE_STALLED', 'the peer takes the link and settles no message', { decision: 'retry' }),
        );
    }
  }

  /** Peers are tried beside the looking; who has waited longest comes first, and all others at the next look. */
  private check(due: readonly BridgeEntry[]): void {
    const ordered = [...due].sort((a, b) => (a.state.retryAt ?? 0) - (b.state.retryAt ?? 0));
    const now = ordered.slice(0, CHECKS - this.checks);
    for (const entry of now) void this.tryPeer(entry);
    if (now.length < due.length) this.numbers.forget();
  }

  private async tryPeer(entry: BridgeEntry): Promise<void> {
    // A peer that waits is tried without a word; only what comes of it is told.
    entry.state = { ...entry.state, phase: 'checking' };
    try {
      await this.preflight(entry);
      if (!this.current(entry)) return;
      entry.usedAt = this.options.clock.now();
      await this.connect(entry);
    } catch (error) {
      if (this.current(entry)) this.wait(entry, error as Error);
    }
  }

  private async preflight({ bridge }: BridgeEntry): Promise<void> {
    this.checks += 1;
    try {
      await this.options.preflight(bridge);
    } finally {
      this.checks -= 1;
    }
  }

  private async connect(entry: BridgeEntry): Promise<void> {
    const { name } = entry.bridge;
    if (!this.active.has(name)) {
      this.active.set(name, entry.bridge);
      this.forgetOld();
      await this.options.activate().catch((error: unknown) => {
        // The broker does not have it, so the next attempt has to ask for it again.
        if (this.current(entry)) this.active.delete(name);
        throw error;
      });
    }
    if (!this.current(entry)) return;
    await this.options.operations.startBrokerConnection(name);
    entry.state = { phase: 'starting', since: this.options.clock.now() };
    this.hurry();
  }

  /** The peer is tried beside its connection: a refusal there is why nothing moves here. */
  private async recheck(entry: BridgeEntry): Promise<void> {
    entry.state = { ...entry.state, cleared: true };
    try {
      await this.preflight(entry);
    } catch (error) {
      if (this.current(entry) && entry.state.phase === 'connected') await this.park(entry, error as Error);
    }
  }

  private async park(entry: BridgeEntry, cause: Error): Promise<void> {
    await this.stopConnection(entry);
    if (this.current(entry)) this.wait(entry, cause);
  }

  /** Besides the looking. The connection is stopped first: what is on its way could not be taken away. */
  private async lookForRefused(entry: BridgeEntry, { queues }: BrokerNumbers, stands: boolean): Promise<void> {
    const refused = await this.headsOf(entry).look(entry.bridge, queues, stands, this.options.clock.now());
    if (refused === undefined || !this.current(entry) || !isRunning(entry.state)) return;
    const { reason } = refused;
    await this.park(entry, new BridgeError('BRIDGE_REFUSED', `of one message ${reason}`, { decision: 'retry' }));
    await this.takeAway(entry, refused);
  }

  private async parkEnded(entry: BridgeEntry, cause: BridgeError): Promise<void> {
    await this.park(entry, cause);
    const refused = this.headsOf(entry).ended(entry.bridge, cause.code === 'BRIDGE_LOST', this.options.clock.now());
    if (refused !== undefined) this.besides(entry, this.takeAway(entry, refused));
  }

  /** The peer is tried first: one that lets us in no more, or is not there, refuses whatever message comes. */
  private async takeAway(entry: BridgeEntry, refused: RefusedHead): Promise<void> {
    await this.preflight(entry);
    if (!this.current(entry) || !(await this.headsOf(entry).takeAway(refused))) return;
    const peer = entry.bridge.peerName;
    this.options.log.warn('a message is put into the dead letters', { peer, ...refused });
    entry.succeed();
  }

  private besides(entry: BridgeEntry, work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.options.log.debug('what the peer refuses could not be looked at', { bridge: entry.bridge.name, error }),
    );
  }

  private async dropIdle(entry: BridgeEntry): Promise<void> {
    if (entry.state.phase === 'connected') {
      const settled = await this.settledNow(entry);
      if (settled > (entry.state.settled ?? 0)) {
        entry.state = { ...entry.state, settled, busyAt: this.options.clock.now() };
        return;
      }
      await this.stopConnection(entry);
      if (!this.current(entry)) return;
    }
    entry.enter('idle', this.options.clock.now());
    this.tell(entry);
  }

  private wait(entry: BridgeEntry, cause: Error): void {
    entry.fail(cause, this.options.clock.now());
    this.tell(entry);
  }

  /** One line a transition, none for the attempts on the way or for one more failure of the same cause. */
  private tell(entry: BridgeEntry): void {
    const { phase } = entry.state;
    if (phase === 'checking' || phase === 'starting') return;
    const reason = phase === 'waiting' ? entry.cause?.message : undefined;
    if (phase === entry.told.phase && reason === entry.told.reason) return;
    const subject = `bridge to ${entry.bridge.peerName}`;
    const level = phase === 'waiting' ? 'warn' : 'info';
    logTransition(this.options.log, { subject, from: entry.told.phase, to: phase, reason }, level);
    entry.told = { phase, reason };
  }

  private async stopConnection(entry: BridgeEntry): Promise<void> {
    try {
      await this.options.operations.stopBrokerConnection(entry.bridge.name);
    } catch (error) {
      // The broker has no such connection, or has stopped it already; what counts is that it does not run.
      this.options.log.debug('a connection could not be stopped', { connection: entry.bridge.name, error });
    }
  }

  private async settledNow(entry: BridgeEntry): Promise<number> {
    let settled = 0;
    for (const { queue } of entry.bridge.links) {
      const [info] = await this.options.operations.listQueues({ field: 'name', operation: 'EQUALS', value: queue });
      settled += info?.messagesAcknowledged ?? 0;
    }
    return settled;
  }

  private headsOf(entry: BridgeEntry): RefusedHeads {
    return (entry.heads ??= new RefusedHeads(this.options.operations));
  }

  private current(entry: BridgeEntry): boolean {
    return this.running && this.entries.get(entry.bridge.name) === entry;
  }

  /** Keeps the file small: beyond `keep` the least recently used idle connections leave it. */
  private forgetOld(): void {
    const idle = [...this.active.keys()]
      .map((name) => this.entries.get(name))
      .filter((entry) => entry !== undefined && (entry.state.phase === 'idle' || entry.state.phase === 'waiting'))
      .sort((a, b) => (a?.usedAt ?? 0) - (b?.usedAt ?? 0));
    for (const entry of idle) {
      if (this.active.size <= this.options.keep) return;
      if (entry !== undefined) this.active.delete(entry.bridge.name);
    }
  }
}

/** With thousands of peers nearly all are idle, have nothing to send, and had nothing before. */
function isConcerned({ bridge, state, queued }: BridgeEntry, { queues, links }: BrokerNumbers): boolean {
  if (state.phase !== 'idle' || queued > 0 || links.has(bridge.name)) return true;
  return queues.size > 0 && bridge.links.some(({ queue }) => queues.has(queue));
}
