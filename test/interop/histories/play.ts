import { FAULTS, type FaultKind } from './faults';
import { DAY, HOUR, MapHistory } from './map-history';
import type { NodeLife } from './node-life';
import type { NodePool } from './node-pool';
import type { Tally } from './tally';

const MINUTE = 60_000;
/**
 * Longest time that a fault lasts, minutes. Where a poll fails nodes try again every minute, so that these times decide how
 * long this test takes.
 */
const LASTING_MINUTES = 30;
/** Polls go on as ever. */
const LASTING: Partial<Record<FaultKind, number>> = { 'wrong-node-info': 240, 'no-node-info': 240, old: 40 };
/** How often a fault lasts longer than the event horizon. */
const LONG: Partial<Record<FaultKind, number>> = { unreachable: 0.003, 'foreign-signer': 0.03, 'wrong-role': 0.03 };

/** What is due at some time, besides what happens by chance. */
interface Due {
  readonly at: number;
  readonly run: () => Promise<void>;
}

/** Plays one history: one to two weeks of chance, then calm until everybody must know everybody. Gives what was wrong. */
export async function play(seed: number, pool: NodePool, tally: Tally): Promise<readonly string[]> {
  const history = new MapHistory(seed, pool, tally);
  try {
    await new Player(history).play();
  } finally {
    await history.end();
  }
  return history.violations;
}

class Player {
  private due: Due[] = [];
  /** Nodes that will not come back. */
  private readonly gone = new Set<NodeLife>();
  private hasLongFault = false;

  constructor(private readonly history: MapHistory) {}

  async play(): Promise<void> {
    const { history } = this;
    const { chance, clock, nodes } = history;
    await history.startService();
    for (const node of nodes) if (chance.hits(0.7)) await history.startNode(node, 1n);
    const end = clock.now() + chance.between(6, 11) * DAY;
    while (clock.now() < end) {
      await this.passTime(chance.between(10, 15 * 60) * MINUTE);
      await this.event();
      history.judge();
    }
    await this.calm();
  }

  /** Everything is repaired, and after a day, the operators' word and two polls every living node knows every other. */
  private async calm(): Promise<void> {
    const { history } = this;
    for (const { run } of this.due.splice(0)) await run();
    history.fault = undefined;
    // A backup may have brought bans back.
    for (const node of history.nodes) await this.unban(node);
    for (const node of history.nodes) if (node.runsSince === undefined && !this.gone.has(node)) await this.begin(node);
    for (let hour = 0; hour < 40; hour += 1) {
      await this.passTime(HOUR, 1);
      history.judge();
    }
    const living = history.nodes.filter(({ runsSince }) => runsSince !== undefined);
    for (const { judge, node } of living) {
      history.tally.add('final looks');
      for (const other of living) {
        const isKnown = other.node === node || judge.peers.has(other.node.id);
        if (!isKnown) history.violate(`at the end ${node.letter} does not know ${other.node.letter}`);
      }
    }
  }

  /** Operators look while time passes, and accept what is held, or not. */
  private async passTime(ms: number, willing = 0.7): Promise<void> {
    const { clock, nodes, chance } = this.history;
    const end = clock.now() + ms;
    for (;;) {
      const held = nodes.some(({ isHeld }) => isHeld);
      const look = held ? clock.now() + chance.between(1, 15) * MINUTE : end;
      const next = Math.min(end, look, ...this.due.map(({ at }) => at));
      await clock.advance(next - clock.now());
      for (const due of this.due.filter(({ at }) => at <= next)) {
        this.due = this.due.filter((other) => other !== due);
        await due.run();
        await clock.advance(0);
        this.history.judge();
      }
      for (const node of nodes)
        if (node.isHeld && chance.hits(willing) && node.accept()) this.history.note('operators accept');
      if (next >= end) return;
    }
  }

  private in(ms: number, run: () => Promise<void>): void {
    this.due.push({ at: this.history.clock.now() + ms, run });
    this.due.sort((a, b) => a.at - b.at);
  }

  private async event(): Promise<void> {
    const kind = this.history.chance.between(0, 99);
    if (kind < 14) await this.come();
    else if (kind < 17) await this.leave();
    else if (kind < 29) await this.restart(false);
    else if (kind < 38) await this.restart(true);
    else if (kind < 42) await this.fallSilent();
    else if (kind < 64) await this.breakWay();
    else if (kind < 72) await this.killService();
    else if (kind < 76) await this.backUp();
    else if (kind < 79) await this.restore();
    else if (kind < 83) await this.setClockWrong();
    else if (kind < 88) await this.remove(1);
    else if (kind < 92) await this.ban();
    else if (kind < 97) await this.remove(3);
    else await this.publishOld();
  }

  private someNode(isRunning: boolean): NodeLife | undefined {
    const { nodes, chance } = this.history;
    return chance.pick(nodes.filter((node) => (node.runsSince !== undefined) === isRunning && !this.gone.has(node)));
  }

  private async begin(node: NodeLife, step = 0n): Promise<void> {
    if (node.runsSince !== undefined || this.gone.has(node)) return;
    await this.history.startNode(node, (node.info?.serial ?? 1n) + (node.info === undefined ? 0n : step));
  }

  private async come(): Promise<void> {
    const node = this.someNode(false);
    if (node === undefined) return;
    this.history.note(node.info === undefined ? 'joins' : 'returns');
    await this.begin(node);
  }

  private async leave(): Promise<void> {
    const node = this.someNode(true);
    if (node === undefined || this.history.nodes.length - this.gone.size <= 3) return;
    this.history.note('leaves');
    this.gone.add(node);
    await node.stop();
  }

  private async restart(isMoved: boolean): Promise<void> {
    const node = this.someNode(true);
    if (node === undefined) return;
    const { chance } = this.history;
    this.history.note(isMoved ? 'moves' : 'restarts');
    await node.stop();
    this.in(chance.between(0, 30) * MINUTE, () => this.begin(node, isMoved ? 1n : 0n));
  }

  private async fallSilent(): Promise<void> {
    const node = this.someNode(true);
    if (node === undefined) return;
    const { chance, eventHorizon } = this.history;
    this.history.note('long silences');
    await node.stop();
    this.in(eventHorizon + chance.between(-6, 30) * HOUR, () => this.begin(node));
  }

  private async breakWay(): Promise<void> {
    const { history } = this;
    const { chance } = history;
    if (history.fault !== undefined) return;
    const kind = chance.pick<FaultKind>(FAULTS) ?? 'status';
    const isLong = !this.hasLongFault && chance.hits(LONG[kind] ?? 0);
    this.hasLongFault ||= isLong;
    const old = kind === 'old' ? chance.pick(history.archive) : undefined;
    if (kind === 'old' && old === undefined) return;
    this.history.note(`fault: ${kind}`);
    if (isLong) this.history.note('outages beyond the horizon');
    history.fault = { kind, ...(old === undefined ? {} : { old }) };
    const ms = isLong
      ? history.eventHorizon + chance.between(1, 12) * HOUR
      : chance.between(5, LASTING[kind] ?? LASTING_MINUTES) * MINUTE;
    this.in(ms, async () => {
      history.fault = undefined;
    });
  }

  private async killService(): Promise<void> {
    const { history } = this;
    const { chance, service } = history;
    if (!service.isUp) return;
    this.history.note('service killed');
    await history.killService(chance.hits(0.5));
    this.in(chance.between(0, chance.hits(0.01) ? 600 : 20) * MINUTE, async () => {
      if (!service.isUp) await history.startService();
    });
  }

  private async backUp(): Promise<void> {
    this.history.note('backups');
    await this.history.service.backUp();
  }

  private async restore(): Promise<void> {
    const { history } = this;
    if (!history.service.isUp || !history.service.hasBackup) return;
    history.note('restores');
    await history.killService(false);
    await history.service.restore();
    for (const node of history.nodes) history.disturb(node);
    await history.startService();
  }

  private async setClockWrong(): Promise<void> {
    const { service, chance } = this.history;
    if (service.offset !== 0) return;
    this.history.note('service clock wrong');
    service.offset = chance.pick([-HOUR, HOUR]) ?? HOUR;
    this.in(chance.between(1, 30) * HOUR, async () => {
      service.offset = 0;
    });
  }

  private async remove(count: number): Promise<void> {
    const { service, chance, nodes } = this.history;
    if (!service.isUp) return;
    const present = nodes.filter(({ node }) => service.model.seat(node.id) !== undefined);
    this.history.note(count > 1 ? 'mass removals' : 'removals');
    for (let turn = 0; turn < count; turn += 1) {
      const [node] = present.splice(chance.between(0, present.length - 1), 1);
      if (node === undefined) return;
      this.history.disturb(node);
      await service.remove(node.node);
    }
  }

  private async ban(): Promise<void> {
    const { service, chance, nodes } = this.history;
    const node = chance.pick(nodes);
    if (node === undefined || !service.isUp || service.model.isBanned(node.node.id)) return;
    this.history.note('bans');
    await service.ban(node.node);
    this.in(chance.between(1, 30) * HOUR, () => this.unban(node));
  }

  private async unban(node: NodeLife): Promise<void> {
    const { service } = this.history;
    if (!service.model.isBanned(node.node.id)) return;
    if (!service.isUp) {
      this.in(HOUR, () => this.unban(node));
      return;
    }
    this.history.note('unbans');
    this.history.disturb(node);
    await service.unban(node.node);
  }

  /** Somebody has kept an older NodeInfo, and publishes it. */
  private async publishOld(): Promise<void> {
    const { history } = this;
    const node = history.chance.pick(history.nodes.filter(({ info }) => (info?.serial ?? 1n) > 1n));
    if (node?.info === undefined || !history.service.isUp) return;
    const { bytes } = await history.pool.info(node.node, node.info.serial - 1n);
    history.note('old NodeInfos published');
    await history.service.publish({
      method: 'POST',
      url: new URL('http://map.example/network-map/publish'),
      headers: {},
      body: bytes,
      maxBytes: 1,
    });
  }
}
