import { Chance } from '../../faults/model/random';
import type { Answer } from '../../../sidecar/sources/http/exchange';
import { parameters, START } from '../served-map';
import { hashesOf, stopsPublishing, type Fault } from './faults';
import { NodeLife } from './node-life';
import type { NodePool } from './node-pool';
import { ServiceLife } from './service-life';
import type { Tally } from './tally';
import { VirtualClock } from './virtual-clock';
import { Way } from './way';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** For how long the service says that its map may be used. */
const POLL_SECONDS = [10_800, 21_600];
/** Nodes publish daily, and where that fails every ten minutes; requests may be slow. */
const HEARTBEAT_MS = DAY + 11 * 60_000;
/** Events before the first violation that are told. */
const TOLD = 10;
const BRAKE = { share: 0.3, atLeast: 2 };

/** A network in virtual time: a map service, nodes, the way between them; and what has to hold at every moment. */
export class MapHistory {
  /** What was wrong, and what had happened last before that. */
  readonly violations: string[] = [];
  private readonly happened: string[] = [];
  readonly clock = new VirtualClock(START, () => this.atRest());
  readonly chance: Chance;
  readonly eventHorizon: number;
  readonly service: ServiceLife;
  readonly nodes: readonly NodeLife[];
  private readonly way: Way;
  /** Since when nodes can publish; undefined while they cannot. */
  private openSince: number | undefined;
  /** When something happened because of which a node is heard only at its next heartbeat, by its id. */
  private readonly disturbedAt = new Map<string, number>();
  /** Maps that were served, as they were. */
  readonly archive: Answer[] = [];
  private stirs = 0;

  constructor(
    seed: number,
    readonly pool: NodePool,
    readonly tally: Tally,
  ) {
    const chance = (this.chance = new Chance(seed * 1_000));
    this.eventHorizon = chance.between(2, 4) * DAY;
    const signIntervalMs = chance.hits(0.5) ? 0 : chance.between(1, 10) * 60_000;
    const violate = (what: string): void => this.violate(what);
    const common = { clock: this.clock, pool, tally, violate, signIntervalMs, eventHorizon: this.eventHorizon };
    this.service = new ServiceLife({
      ...common,
      parameters: { ...parameters, eventHorizon: this.eventHorizon },
      pollSeconds: chance.pick(POLL_SECONDS) ?? 7_200,
    });
    this.way = new Way(this.clock, this.service, pool);
    this.nodes = pool.nodes.slice(0, chance.pick([3, 3, 4, 4, 5, 6])).map((node, index) => {
      const own = { node, way: this.way, brake: BRAKE, service: this.service.model };
      return new NodeLife({ ...common, ...own, chance: new Chance(seed * 1_000 + index + 1) });
    });
  }

  get fault(): Fault | undefined {
    return this.way.fault;
  }

  set fault(fault: Fault | undefined) {
    this.way.fault = fault;
    this.noteOpen();
  }

  async startService(): Promise<void> {
    await this.service.start();
    this.noteOpen();
  }

  async killService(isTorn: boolean): Promise<void> {
    await this.service.kill(isTorn);
    this.noteOpen();
  }

  async startNode(node: NodeLife, serial: bigint): Promise<void> {
    this.disturb(node);
    await node.start(serial);
  }

  /** Until its next heartbeat a node need not be in the map. */
  disturb(node: NodeLife): void {
    this.disturbedAt.set(node.node.id, this.clock.now());
  }

  async end(): Promise<void> {
    for (const node of this.nodes) await node.stop();
    await this.service.end();
  }

  /**
   * - "heard": a node that has lived, unbanned, since before a heartbeat's time, and could publish all that time, is in the
   *   map with its newest NodeInfo, refreshed within that time
   * - the map itself, see `ServiceLife.judge`
   */
  judge(): void {
    const now = this.clock.now();
    const served = this.service.served();
    if (served !== undefined && served.headers.get('etag') !== this.archive.at(-1)?.headers.get('etag')) {
      this.archive.push(served);
    }
    this.service.judge(hashesOf);
    for (const node of this.nodes) {
      const { info, runsSince } = node;
      if (info === undefined || runsSince === undefined || this.openSince === undefined) continue;
      if (this.service.model.isBanned(info.node.id)) continue;
      const since = Math.max(this.openSince, this.disturbedAt.get(info.node.id) ?? 0);
      if (now - since <= HEARTBEAT_MS) continue;
      this.tally.add('heard in time');
      const seat = this.service.model.seat(info.node.id);
      if (seat?.info !== info) this.violate(`${info.node.letter} lives and is not in the map`);
      else if (now - seat.heardAt > HEARTBEAT_MS) this.violate(`${info.node.letter} lives and was not heard for a day`);
    }
  }

  /** Something that chance brings. */
  note(what: string): void {
    this.tally.add(what);
    this.happened.push(`day ${this.day()}: ${what}`);
  }

  violate(what: string): void {
    if (this.violations.length === 0) this.violations.push(...this.happened.slice(-TOLD));
    this.violations.push(`day ${this.day()}: ! ${what}`);
  }

  private day(): string {
    return ((this.clock.now() - START) / DAY).toFixed(3);
  }

  private noteOpen(): void {
    const isOpen = this.service.isUp && (this.fault === undefined || !stopsPublishing(this.fault.kind));
    this.openSince = isOpen ? (this.openSince ?? this.clock.now()) : undefined;
  }

  /** Waits until nobody works, and looks at what has come of it. */
  private async atRest(): Promise<void> {
    for (;;) {
      // After all promises that wait for nothing else.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      const hasWorked = await this.service.atRest();
      if (!hasWorked && this.stirs === this.way.stirs) break;
      this.stirs = this.way.stirs;
      // One turn for what was answered, and one for who gives way to others while he verifies.
      for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
    }
    for (const node of this.nodes) node.observe();
  }
}
