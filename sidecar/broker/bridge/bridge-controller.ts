import type { Clock } from '../../lib/clock';
import { NetmapError } from '../../lib/errors';
import { logTransition, type Logger } from '../../lib/log';
import type { Bridge } from '../../plan/broker-plan';
import type { BrokerOperations } from '../operations';
import type { QueueInfo } from '../operations-types';
import { BridgeEntry, viewOf, type RetryLimits } from './bridge-entry';
import { connectedState, observe, type BridgePhase, type BridgeStep, type BridgeTiming } from './bridge-state';
import type { Preflight } from './preflight';

export interface BridgeControllerOptions {
  readonly operations: Pick<
    BrokerOperations,
    'listQueues' | 'totalMessageCount' | 'brokerConnections' | 'startBrokerConnection' | 'stopBrokerConnection'
  >;
  readonly preflight: Preflight;
  /** Puts exactly these connections into the broker's file; resolves when the broker has them. */
  readonly activate: (active: readonly Bridge[]) => Promise<void>;
  readonly timing: BridgeTiming;
  readonly retry: RetryLimits;
  readonly pollMs: number;
  /** Connections kept in the broker's file, started or not. */
  readonly keep: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** A bridge as `netmap status` shows it. */
export interface BridgeStatus {
  readonly peer: string;
  readonly name: string;
  readonly phase: BridgePhase;
  readonly since: number;
  readonly queued: number;
  readonly failures: number;
  readonly retryAt?: number;
  readonly cause?: { readonly code?: string; readonly message: string };
}

export class BridgeError extends NetmapError<'BRIDGE_LOST' | 'BRIDGE_STALLED'> {}

/** A poll may take this share of the time at most, however many queues there are. */
const POLL_SHARE = 10;
/** While nothing is in use the queues are listed at this interval at least, or when their total has changed. */
const LISTING_MS = 5_000;
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
  private listedAt = Number.NEGATIVE_INFINITY;
  private total = -1;

  constructor(private readonly options: BridgeControllerOptions) {}

  /** The connections that the broker's file must have now. */
  activeBridges(): Bridge[] {
    return [...this.active.values()];
  }

  /**
   * Takes a new set of bridges. Connections of peers that left or changed are stopped before this resolves, so that
   * their permission may be withdrawn after it; all others are left alone.
   */
  async replace(bridges: readonly Bridge[]): Promise<void> {
    const wanted = new Map(bridges.map((bridge) => [bridge.name, bridge]));
    for (const [name, entry] of [...this.entries]) {
      const next = wanted.get(name);
      if (next !== undefined && sameBridge(next, entry.bridge)) continue;
      if (entry.state.phase !== 'idle') await this.stopConnection(entry);
      this.entries.delete(name);
      this.active.delete(name);
    }
    const now = this.options.clock.now();
    this.listedAt = Number.NEGATIVE_INFINITY;
    for (const [name, bridge] of wanted) {
      if (!this.entries.has(name))
        this.entries.set(name, new BridgeEntry(bridge, now, this.options.retry, this.options.random));
    }
    if (wanted.size <= this.options.keep) this.active = new Map([...wanted].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Takes over what the broker already does, after a restart of the sidecar, and begins to look at the queues. */
  async start(): Promise<void> {
    const queues = await this.queues();
    const links = await this.links();
    const now = this.options.clock.now();
    for (const entry of this.entries.values()) {
      const view = viewOf(entry.bridge, queues, links);
      if (view.link?.started === true) {
        entry.state = connectedState(view, now);
        this.active.set(entry.bridge.name, entry.bridge);
      }
    }
    this.running = true;
    this.schedule(0);
  }

  async stop(): Promise<void> {
    this.running = false;
    this.cancel?.();
    await this.looking;
  }

  /** The broker has started anew and runs no connection: those that were in use are to be made again. */
  brokerRestarted(): void {
    const now = this.options.clock.now();
    for (const entry of this.entries.values()) {
      if (entry.state.phase === 'connected' || entry.state.phase === 'starting') entry.enter('idle', now);
    }
    this.hurry();
  }

  /** Looks now rather than at the next poll. */
  hurry(): void {
    if (this.running && this.looking === undefined) this.schedule(0);
  }

  status(): BridgeStatus[] {
    return [...this.entries.values()].map((entry) => ({
      peer: entry.bridge.peer,
      name: entry.bridge.peerName,
      phase: entry.state.phase,
      since: entry.state.since,
      queued: entry.queued,
      failures: entry.failures,
      ...(entry.state.retryAt === undefined ? {} : { retryAt: entry.state.retryAt }),
      ...(entry.cause === undefined ? {} : { cause: causeOf(entry.cause) }),
    }));
  }

  private schedule(ms: number): void {
    this.cancel?.();
    this.cancel = this.options.clock.after(ms, () => {
      const began = this.options.clock.now();
      this.looking = this.look()
        .catch((error: unknown) => this.options.log.debug('bridges could not be looked at', { error }))
        .finally(() => {
          this.looking = undefined;
          const took = this.options.clock.now() - began;
          if (this.running) this.schedule(Math.max(this.options.pollMs, took * POLL_SHARE));
        });
    });
  }

  private async look(): Promise<void> {
    if (await this.isQuiet()) return;
    const queues = await this.queues();
    const links = await this.links();
    const steps: Promise<void>[] = [];
    const starting: BridgeEntry[] = [];
    for (const entry of this.entries.values()) {
      const view = viewOf(entry.bridge, queues, links);
      entry.queued = view.queued;
      const [state, step] = observe(entry.state, view, this.options.clock.now(), this.options.timing);
      entry.state = state;
      this.tell(entry);
      if (state.phase === 'connected' && state.progressAt === this.options.clock.now()) entry.succeed();
      if (step === 'check' && this.checks < CHECKS) starting.push(entry);
      else if (step !== 'none' && step !== 'check') steps.push(this.act(entry, step));
    }
    // The broker waits for nobody: peers are tried beside the looking.
    for (const entry of starting) void this.check(entry);
    await Promise.all(steps);
  }

  /** Nothing is connected or due, and no message has come or gone: with 10,000 queues a listing costs 0.1 s. */
  private async isQuiet(): Promise<boolean> {
    const now = this.options.clock.now();
    const total = await this.options.operations.totalMessageCount();
    const changed = total !== this.total;
    this.total = total;
    const busy = [...this.entries.values()].some(({ state }) =>
      state.phase === 'waiting' ? now >= (state.retryAt ?? 0) : state.phase !== 'idle',
    );
    if (!busy && !changed && now - this.listedAt < LISTING_MS) return true;
    this.listedAt = now;
    return false;
  }

  private async act(entry: BridgeEntry, step: BridgeStep): Promise<void> {
    switch (step) {
      case 'recheck':
        entry.state = { ...entry.state, cleared: true };
        void this.recheck(entry);
        return;
      case 'drop-idle':
        await this.dropIdle(entry);
        return;
      case 'park-lost':
        return this.park(entry, new BridgeError('BRIDGE_LOST', 'the connection was lost', { decision: 'retry' }));
      case 'park-stalled':
        return this.park(
          entry,
          new BridgeError('BRIDGE_STALLED', 'the peer takes the link and settles no message', { decision: 'retry' }),
        );
      case 'check':
      case 'none':
    }
  }

  private async check(entry: BridgeEntry): Promise<void> {
    const { clock, preflight } = this.options;
    this.checks += 1;
    // A peer that waits is tried without a word; only what comes of it is told.
    entry.state = { ...entry.state, phase: 'checking' };
    try {
      await preflight(entry.bridge);
      if (!this.current(entry)) return;
      entry.state = { phase: 'starting', since: clock.now() };
      entry.usedAt = clock.now();
      await this.connect(entry);
    } catch (error) {
      if (this.current(entry)) this.wait(entry, error as Error);
    } finally {
      this.checks -= 1;
    }
  }

  private async connect(entry: BridgeEntry): Promise<void> {
    const { name } = entry.bridge;
    if (!this.active.has(name)) {
      this.active.set(name, entry.bridge);
      this.forgetOld();
      await this.options.activate(this.activeBridges());
    }
    if (!this.current(entry)) return;
    await this.options.operations.startBrokerConnection(name);
    entry.state = { phase: 'starting', since: this.options.clock.now() };
    this.hurry();
  }

  /** The peer is tried beside its connection: a refusal there is why nothing moves here. */
  private async recheck(entry: BridgeEntry): Promise<void> {
    try {
      await this.options.preflight(entry.bridge);
    } catch (error) {
      if (this.current(entry) && entry.state.phase === 'connected') await this.park(entry, error as Error);
    }
  }

  private async park(entry: BridgeEntry, cause: Error): Promise<void> {
    await this.stopConnection(entry);
    if (this.current(entry)) this.wait(entry, cause);
  }

  private async dropIdle(entry: BridgeEntry): Promise<void> {
    if (entry.state.phase === 'connected') {
      const settled = await this.settledNow(entry);
      if (settled > (entry.state.settled ?? 0)) {
        entry.state = { ...entry.state, settled, busyAt: this.options.clock.now() };
        return;
      }
      await this.stopConnection(entry);
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

  private async queues(): Promise<Map<string, QueueInfo>> {
    const found = await this.options.operations.listQueues({
      field: 'messageCount',
      operation: 'GREATER_THAN',
      value: 0,
    });
    return new Map(found.map((queue) => [queue.name, queue]));
  }

  private async links(): Promise<Map<string, { started: boolean; connected: boolean }>> {
    if (this.active.size === 0 && this.running) return new Map();
    const found = await this.options.operations.brokerConnections();
    return new Map(found.map((link) => [link.name, link]));
  }
}

function causeOf(cause: Error): { code?: string; message: string } {
  return cause instanceof NetmapError
    ? { code: String(cause.code), message: cause.message }
    : { message: cause.message };
}

/** Two bridges are one when neither the connection nor what it carries differs. */
export function sameBridge(a: Bridge, b: Bridge): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
