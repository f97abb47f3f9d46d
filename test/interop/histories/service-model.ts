import type { PoolInfo } from './node-pool';

/** A place in the map as it has to be, by what was asked of the service. */
interface Seat {
  readonly info: PoolInfo;
  /** By the service's clock. */
  readonly refreshedAt: number;
  /** By the true clock: of the last refresh, and since when this very NodeInfo is there. */
  readonly heardAt: number;
  readonly since: number;
}

/** What a copy of the journal brings back. */
export interface ModelState {
  readonly seats: ReadonlyMap<string, Seat>;
  readonly last: ReadonlyMap<string, PoolInfo>;
  readonly banned: ReadonlySet<string>;
}

/** Nodes publish daily; so long a service that has started listens before it evicts. */
const HEARING_MS = 25 * 3_600_000;

/** Who is on the network, by the rules and what was asked of the service, not by its code. Nodes by their ids. */
export class ServiceModel {
  private seats = new Map<string, Seat>();
  private last = new Map<string, PoolInfo>();
  private bans = new Set<string>();
  private startedAt = 0;
  /** When the map last became another, true time. */
  changedAt = 0;

  constructor(private readonly eventHorizon: number) {}

  get size(): number {
    return this.seats.size;
  }

  get ids(): string[] {
    return [...this.seats.keys()];
  }

  get hashes(): Set<string> {
    return new Set([...this.seats.values()].map(({ info }) => info.hash));
  }

  get banned(): readonly string[] {
    return [...this.bans];
  }

  seat(id: string): Seat | undefined {
    return this.seats.get(id);
  }

  isBanned(id: string): boolean {
    return this.bans.has(id);
  }

  /** What the service has to answer: an outcome, or the code of its refusal. */
  publish(info: PoolInfo, serviceNow: number, now: number): string {
    const { node, serial, hash } = info;
    if (this.bans.has(node.id)) return 'NAME_BANNED';
    const last = this.last.get(node.id);
    if (last !== undefined && serial < last.serial) return 'SERIAL_OLD';
    const seat = this.seats.get(node.id);
    const isSame = seat?.info.hash === hash;
    this.seats.set(node.id, { info, refreshedAt: serviceNow, heardAt: now, since: isSame ? seat.since : now });
    this.last.set(node.id, info);
    if (!isSame) this.changedAt = now;
    return isSame ? 'refreshed' : 'published';
  }

  unseat(id: string, now: number): boolean {
    const wasThere = this.seats.delete(id);
    if (wasThere) this.changedAt = now;
    return wasThere;
  }

  ban(id: string, now: number): void {
    this.bans.add(id);
    this.unseat(id, now);
  }

  unban(id: string): void {
    this.bans.delete(id);
  }

  started(serviceNow: number): void {
    this.startedAt = serviceNow;
  }

  /** From when on the service has to evict a node, and not before, by its own clock. */
  leavesAt(id: string): number {
    const refreshedAt = this.seats.get(id)?.refreshedAt ?? Infinity;
    return Math.max(refreshedAt + this.eventHorizon, this.startedAt + Math.min(this.eventHorizon, HEARING_MS));
  }

  copy(): ModelState {
    return { seats: new Map(this.seats), last: new Map(this.last), banned: new Set(this.bans) };
  }

  restore({ seats, last, banned }: ModelState, now: number): void {
    this.seats = new Map([...seats].map(([id, seat]) => [id, { ...seat, since: now }]));
    this.last = new Map(last);
    this.bans = new Set(banned);
    this.changedAt = now;
  }
}
