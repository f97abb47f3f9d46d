import type { HeldMap, NetworkMapStatus } from '../../../sidecar/sources/http/map-status';
import { BrakeModel, type BrakeRules, type Decision } from './brake-model';
import type { NodePool, PoolInfo } from './node-pool';
import type { Planned } from './planned';
import type { ServiceModel } from './service-model';
import type { Tally } from './tally';

export interface JudgeSettings {
  readonly ownId: string;
  readonly pool: NodePool;
  readonly brake: BrakeRules;
  readonly eventHorizon: number;
  readonly signIntervalMs: number;
  readonly service: ServiceModel;
  readonly tally: Tally;
  readonly violate: (what: string) => void;
}

/** A map as a node was given it. */
interface GivenMap {
  readonly hashes: ReadonlySet<string>;
  /** By the service's word, milliseconds since the epoch. */
  readonly modified: number;
  /** Tells one map's bytes from another's. */
  readonly key: string;
}

/** One poll as the world has seen it. */
interface Poll {
  readonly startedAt: number;
  /** A valid map, "unchanged", or nothing that could be used. */
  answer: GivenMap | 'unchanged' | 'nothing';
  /** It is what the service had to say at that time. */
  isGenuine: boolean;
}

const TOLERANCE_MS = 2 * 3_600_000;
/** As long as a NodeInfo that the map names cannot be had, nobody leaves: so long at most. */
const DOUBT_MS = 600_000;
const NOTE_SHARE = 1 / 30;

/**
 * Judges one node by what it was answered. After every poll, and after every start:
 * - "known": after two polls in a row that a healthy service answered (the map of that time, and every NodeInfo that was
 *   asked for, and no brake holding), the node knows everybody who was in the map with his NodeInfo before the first of
 *   them, at the newest address; but for those of whom it knows a newer NodeInfo than the service, which lost it.
 * - "in time": nobody leaves but by a valid map that does not name him, or when no map was taken for the event horizon
 *   (after a restart a thirtieth less, which the node may not have noted). Whom only silence took, and the last map
 *   names, may be back at a restart: the operator is asked about him again.
 * - "valid": who can receive is named by the last map that was taken; that was validly signed, and by the service's own
 *   word at most two hours older than the one before. Exceptions: while a NodeInfo of the map cannot be had, who was known
 *   before may stay for ten minutes and the poll after. A fault adds and removes nobody.
 * - "held": a map that would take away more than the brake allows changes nothing until the operator has accepted that
 *   very loss, or another map comes.
 */
export class NodeJudge {
  private accepted: GivenMap | undefined;
  private live: Planned = new Map();
  private readonly serials = new Map<string, bigint>();
  /** NodeInfos that could not be had, and since when. */
  private missing = new Map<string, number>();
  private brake: BrakeModel;
  private decided: Decision | undefined;
  /** By which the poll goes that is under way. */
  private decision: Decision | undefined;
  private heldBefore: string | undefined;
  private vouchedAt: number | undefined;
  private isNoted = true;
  private poll: Poll | undefined;
  /** When the last of the clean polls in a row began. */
  private cleanAt: number | undefined;

  constructor(private readonly settings: JudgeSettings) {
    this.brake = new BrakeModel(settings.brake);
  }

  get isPolling(): boolean {
    return this.poll !== undefined;
  }

  get peers(): Planned {
    return this.live;
  }

  asks(now: number): void {
    this.settings.tally.add('polls');
    this.poll = { startedAt: now, answer: 'nothing', isGenuine: false };
    this.decision = this.decided;
  }

  given(answer: GivenMap | 'unchanged', isGenuine: boolean): void {
    if (this.poll !== undefined) Object.assign(this.poll, { answer, isGenuine });
  }

  /** What a map needs to be taken could not be had. */
  lacks(): void {
    if (this.poll !== undefined) this.poll.answer = 'nothing';
  }

  nodeInfo(hash: string, isGood: boolean, now: number): void {
    if (isGood) this.missing.delete(hash);
    else if (!this.missing.has(hash)) this.missing.set(hash, now);
  }

  decides(decision: Decision): void {
    this.decided = decision;
  }

  /** The process is gone; what it has not kept is forgotten. */
  ends(): void {
    this.poll = undefined;
    this.decision = undefined;
    this.missing.clear();
    this.brake = new BrakeModel(this.settings.brake);
    this.heldBefore = undefined;
    this.isNoted = false;
    this.cleanAt = undefined;
  }

  /** A process has started from what the one before has kept. */
  begun(planned: Planned, { held }: NetworkMapStatus, now: number): void {
    this.settings.tally.add('starts from the cache');
    if (this.haveLeftBySilence(now) && planned.size > 0) this.live = this.backAtStart(planned);
    this.judgeSilence(planned, held, now);
    this.take(planned, held);
  }

  private haveLeftBySilence(now: number): boolean {
    const { vouchedAt, accepted, live } = this;
    return live.size === 0 && accepted !== undefined && vouchedAt !== undefined && now - vouchedAt > this.leastHorizon;
  }

  /** Whom only silence has taken the last map brings back at a start, for the operator to be asked about again. */
  private backAtStart(planned: Planned): Planned {
    const named = this.named(this.accepted ?? { hashes: new Set(), modified: 0, key: '' });
    this.settings.tally.add('back at a start');
    return new Map([...planned].filter(([id]) => named.has(id)));
  }

  /** Of the event horizon a node may miss what it had not noted when it ended. */
  private get leastHorizon(): number {
    return this.settings.eventHorizon * (this.isNoted ? 1 : 1 - NOTE_SHARE);
  }

  /** A poll is over. */
  polled(planned: Planned, { held }: NetworkMapStatus, now: number): void {
    const { poll } = this;
    this.poll = undefined;

    if (poll === undefined) return;
    const map = poll.answer === 'unchanged' ? this.accepted : poll.answer;
    if (map === undefined || map === 'nothing') {
      this.settings.tally.add('polls without an answer');
      this.judgeSilence(planned, held, now);
      this.cleanAt = undefined;
    } else if (this.isOlder(map)) {
      this.settings.tally.add('older maps held');
      this.brake.hold(map.key, this.decision, now);
      this.expectSame(planned, 'by an older map');
      if (held === undefined || held.lost.length > 0) this.violate('an older map is not held');
      this.cleanAt = undefined;
    } else {
      this.judgeMap(map, poll, planned, held, now);
    }
    this.take(planned, held);
  }

  private take(planned: Planned, held: HeldMap | undefined): void {
    for (const [id, serial] of planned) {
      if (serial < (this.serials.get(id) ?? 0n)) this.violate(`goes back to an older NodeInfo of ${this.letter(id)}`);
      this.serials.set(id, serial);
    }
    this.live = planned;
    this.heldBefore = held?.digest;
  }

  private isOlder(map: GivenMap): boolean {
    const { accepted } = this;
    if (accepted === undefined || map.key === accepted.key) return false;
    return map.modified < accepted.modified - TOLERANCE_MS;
  }

  private judgeMap(map: GivenMap, poll: Poll, planned: Planned, held: HeldMap | undefined, now: number): void {
    const named = this.named(map);
    const absent = [...map.hashes].filter((hash) => this.missing.has(hash));
    if (absent.length > 0) {
      this.judgeDoubt(map, named, absent, planned, held, now);
      return;
    }
    const expected = [...named.values()].filter(
      ({ node, serial }) => serial >= (this.serials.get(node.id) ?? 0n) || this.live.has(node.id),
    );
    const ids = new Set(expected.map(({ node }) => node.id));
    const lost = [...this.live.keys()].filter((id) => !ids.has(id)).sort();
    if (this.brake.isHeld(lost, this.live.size, this.decision, now)) {
      this.settings.tally.add('polls held by the brake');
      if (held?.digest !== this.heldBefore) this.settings.tally.add('holds by the brake');
      if (held?.lost.join(' ') !== lost.join(' '))
        this.violate(`the brake does not hold the loss of ${this.letters(lost)}`);
      this.expectSame(planned, 'by a held map');
      this.cleanAt = undefined;
      return;
    }
    if (lost.length > 1) this.settings.tally.add('losses of several');
    if (held !== undefined) this.violate(`held: ${held.reason}`);
    this.expectIds(planned, ids, 'by a valid map');
    for (const { node, serial } of expected) {
      const newest = maximum(serial, this.serials.get(node.id));
      if (planned.get(node.id) !== newest) this.violate(`knows ${node.letter} by another NodeInfo than ${newest}`);
    }
    this.accept(map, now);
    if (poll.isGenuine) this.judgeKnown(poll, planned);
    this.cleanAt = poll.isGenuine ? poll.startedAt : undefined;
  }

  /** Not all that the map names could be had. */
  private judgeDoubt(
    map: GivenMap,
    named: ReadonlyMap<string, PoolInfo>,
    absent: readonly string[],
    planned: Planned,
    held: HeldMap | undefined,
    now: number,
  ): void {
    this.settings.tally.add('polls with NodeInfos missing');
    this.cleanAt = undefined;
    if (held !== undefined) {
      this.brake.hold(held.lost.join(' '), this.decision, now);
      this.expectSame(planned, 'by a held map with NodeInfos missing');
      return;
    }
    const isDoubtful = absent.some((hash) => now - (this.missing.get(hash) ?? now) <= DOUBT_MS);
    // Doubt keeps nobody who was not vouched for within the event horizon.
    const isFresh = now - (this.vouchedAt ?? now) <= this.leastHorizon;
    for (const id of planned.keys()) {
      const isAbsent = this.missing.has(named.get(id)?.hash ?? '');
      const mayBe = this.live.has(id) ? named.has(id) || isDoubtful : named.has(id) && !isAbsent;
      if (!mayBe) this.violate(`${this.letter(id)} can receive, and is not in the map`);
    }
    for (const id of this.live.keys()) {
      const isAbsent = this.missing.has(named.get(id)?.hash ?? '');
      const mustBe = (isDoubtful && isFresh) || (named.has(id) && !isAbsent);
      if (mustBe && !planned.has(id)) this.violate(`${this.letter(id)} is gone while NodeInfos are missing`);
    }
    this.accept(map, now);
  }

  /** Nothing valid has come: nobody comes, and nobody goes before the event horizon. */
  private judgeSilence(planned: Planned, held: HeldMap | undefined, now: number): void {
    const { eventHorizon } = this.settings;
    const silent = now - (this.vouchedAt ?? now);
    const lost = [...this.live.keys()].sort();
    if (silent <= this.leastHorizon) {
      this.expectSame(planned, 'by a fault');
      if (held?.digest !== this.heldBefore) this.violate('a fault holds something or lets it go');
      return;
    }
    this.settings.tally.add('polls beyond the horizon');
    // After a restart it may be later than the node has noted.
    if (silent <= eventHorizon && planned.size > 0) {
      this.expectSame(planned, 'by a long silence');
      if (held !== undefined && held.digest !== this.heldBefore) this.brake.hold(lost.join(' '), this.decision, now);
    } else if (this.brake.isHeld(lost, lost.length, this.decision, now)) {
      this.expectSame(planned, 'by a long silence that is held');
      if (held?.lost.join(' ') !== lost.join(' ')) this.violate('a long silence is not held');
    } else {
      if (lost.length > 0) this.settings.tally.add('left by silence', lost.length);
      this.expectIds(planned, new Set(), 'after a long silence');
    }
  }

  private judgeKnown({ startedAt }: Poll, planned: Planned): void {
    const { service, ownId, signIntervalMs, tally } = this.settings;
    if (this.cleanAt === undefined || startedAt < this.cleanAt) return;
    for (const id of service.ids) {
      const seat = service.seat(id);
      if (id === ownId || seat === undefined || seat.since + signIntervalMs >= this.cleanAt) continue;
      const serial = planned.get(id);
      const known = this.serials.get(id) ?? 0n;
      if (serial === undefined && known > seat.info.serial) continue;
      tally.add('known after two polls');
      if (serial === undefined || serial < seat.info.serial) {
        this.violate(`does not know ${this.letter(id)} after two polls`);
      }
    }
  }

  private accept(map: GivenMap, now: number): void {
    if (map.key !== this.accepted?.key) this.accepted = map;
    this.vouchedAt = now;
    this.isNoted = true;
    this.missing = new Map([...this.missing].filter(([hash]) => map.hashes.has(hash)));
    this.brake.pass();
  }

  private named({ hashes }: GivenMap): Map<string, PoolInfo> {
    const infos = [...hashes].map((hash) => this.settings.pool.ofHash(hash));
    return new Map(infos.filter(({ node }) => node.id !== this.settings.ownId).map((info) => [info.node.id, info]));
  }

  private expectSame(planned: Planned, why: string): void {
    this.expectIds(planned, new Set(this.live.keys()), why);
  }

  private expectIds(planned: Planned, ids: ReadonlySet<string>, why: string): void {
    if (planned.size === ids.size && [...ids].every((id) => planned.has(id))) return;
    this.violate(`${why} ${this.letters(planned.keys())} can receive instead of ${this.letters(ids)}`);
  }

  private letters(ids: Iterable<string>): string {
    return (
      [...ids]
        .map((id) => this.letter(id))
        .sort()
        .join('') || 'nobody'
    );
  }

  private letter(id: string): string {
    return this.settings.pool.letterOf(id);
  }

  private violate(what: string): void {
    this.settings.violate(`${this.letter(this.settings.ownId)}: ${what}`);
  }
}

function maximum(one: bigint, other = 0n): bigint {
  return one > other ? one : other;
}
