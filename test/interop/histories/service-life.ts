import { existsSync, mkdtempSync } from 'node:fs';
import { appendFile, copyFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X500Name } from '../../../sidecar/certificates/x500-name';
import { silentLogger } from '../../../sidecar/lib/log';
import type { AuditRecord } from '../../../sidecar/mapservice/audit-log';
import { MapService } from '../../../sidecar/mapservice/map-service';
import { Refusal } from '../../../sidecar/mapservice/refusal';
import type { ParametersSettings } from '../../../sidecar/mapservice/parameters-settings';
import type { Answer, Question } from '../../../sidecar/sources/http/exchange';
import type { NodePool, PoolNode } from './node-pool';
import { askDoor, servedMap } from './service-door';
import { ServiceModel, type ModelState } from './service-model';
import type { Tally } from './tally';
import type { VirtualClock } from './virtual-clock';

export interface ServiceLifeSettings {
  readonly clock: VirtualClock;
  readonly pool: NodePool;
  readonly parameters: ParametersSettings;
  readonly signIntervalMs: number;
  readonly pollSeconds: number;
  readonly tally: Tally;
  readonly violate: (what: string) => void;
}

/** Memory where there is such a disk: what is proven is not its speed. */
const DISK = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const NOBODY = X500Name.parse('O=Nobody, L=London, C=GB');
/** The service looks hourly at the latest, whatever its clock has done since. */
const TICK_MS = 3_600_000;
const MARGIN_MS = 60_000;

/** A network map service, its processes and its disk, and beside it the model by which it is judged. */
export class ServiceLife {
  readonly model: ServiceModel;
  /** By how much its clock is wrong, milliseconds. */
  offset = 0;
  /** Since when it runs, true time. */
  runsSince = 0;
  private running: { readonly service: MapService; isOver: boolean } | undefined;
  private backup: ModelState | undefined;
  /** Requests and changes that are being worked on, in real time. */
  private working = 0;
  private isTouched = false;

  private readonly folder = mkdtempSync(join(DISK, 'map-history-'));

  constructor(private readonly settings: ServiceLifeSettings) {
    this.model = new ServiceModel(settings.parameters.eventHorizon);
  }

  get isUp(): boolean {
    return this.running !== undefined;
  }

  get hasBackup(): boolean {
    return this.backup !== undefined;
  }

  get now(): number {
    return this.settings.clock.now() + this.offset;
  }

  async start(): Promise<void> {
    const { clock, pool, parameters, signIntervalMs } = this.settings;
    const life = { isOver: false };
    this.model.started(this.now);
    this.runsSince = clock.now();
    this.isTouched = true;
    const service = await MapService.open({
      clock: clock.view({
        offset: () => this.offset,
        isOver: () => life.isOver,
        onTimer: () => (this.isTouched = true),
      }),
      log: silentLogger,
      audit: { write: (record) => this.noteAudit(record), close: async () => undefined },
      ...{ roots: [pool.root], signers: pool.signers, parameters, signIntervalMs },
      ...{ journal: join(this.folder, 'journal'), maxNodes: 100, privateMaps: new Map() },
    });
    this.running = Object.assign(life, { service });
  }

  /** Ends the process; every change that was confirmed is on the disk, and perhaps half of one that was not. */
  async kill(isTorn = false): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    this.running = undefined;
    running.isOver = true;
    await running.service.stop();
    if (isTorn) await appendFile(join(this.folder, 'journal'), '0badf00d [{"kind":"left","node":"DL');
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async backUp(): Promise<void> {
    await copyFile(join(this.folder, 'journal'), join(this.folder, 'backup'));
    this.backup = this.model.copy();
  }

  /** Puts the backup in the journal's place, while no process runs; false where there is none. */
  async restore(): Promise<boolean> {
    if (this.backup === undefined || this.isUp) return false;
    await copyFile(join(this.folder, 'backup'), join(this.folder, 'journal'));
    this.model.restore(this.backup, this.settings.clock.now());
    return true;
  }

  /** A node's request; rejects while no process runs. */
  async ask(question: Question): Promise<Answer> {
    const { running } = this;
    if (running === undefined) throw new Error('no process');
    return this.work(() => askDoor(running.service, this.settings.pollSeconds, question));
  }

  /** A NodeInfo is posted: what the service answers is what the model says. */
  async publish(question: Question): Promise<Answer> {
    const { pool, clock, tally, violate } = this.settings;
    const info = pool.ofBytes(question.body ?? Buffer.alloc(0));
    const expected = this.model.publish(info, this.now, clock.now());
    const answer = await this.ask(question);
    const told = JSON.parse(answer.body.toString('utf8')) as { outcome?: string; code?: string };
    const outcome = told.outcome ?? told.code ?? '';
    tally.add(outcome === 'published' || outcome === 'refreshed' ? outcome : 'refused to publish');
    if (outcome !== expected) violate(`the service answers ${outcome} instead of ${expected}`);
    return answer;
  }

  async remove({ id, name }: PoolNode): Promise<void> {
    if (!this.model.unseat(id, this.settings.clock.now())) return;
    await this.change((service) => service.remove(name));
  }

  async ban({ id, name }: PoolNode): Promise<void> {
    this.model.ban(id, this.settings.clock.now());
    await this.change((service) => service.ban(name));
  }

  async unban({ id, name }: PoolNode): Promise<void> {
    this.model.unban(id);
    await this.change((service) => service.unban(name));
  }

  /** What a node would be given as its map just now, with all headers. */
  served(): Answer | undefined {
    return this.running && servedMap(this.running.service, this.settings.pollSeconds);
  }

  /** Waits until the service has done what it does by itself; says whether it has done anything. */
  async atRest(): Promise<boolean> {
    if (!this.isTouched && this.working === 0) return false;
    this.isTouched = false;
    while (this.working > 0) await new Promise(setImmediate);
    // One after the other: the first may be answered before the map is signed, the second is not.
    for (let turn = 0; turn < 2; turn += 1) await this.running?.service.unban(NOBODY).catch(ignoreRefusal);
    return true;
  }

  /**
   * The map is what the model says, but for what the sign interval allows; and whoever has to be evicted is gone one look
   * later.
   */
  judge(hashesOf: (map: Uint8Array) => ReadonlySet<string>): void {
    const { clock, signIntervalMs, violate } = this.settings;
    const { running, model } = this;
    if (running === undefined) return;
    if (clock.now() - model.changedAt > signIntervalMs) {
      const [served, expected] = [hashesOf(running.service.network.map('corda').bytes), model.hashes];
      const isSame = served.size === expected.size && [...served].every((hash) => expected.has(hash));
      if (!isSame) violate(`the map has ${[...served].join(' ')} instead of ${[...expected].join(' ')}`);
    }
    for (const id of model.ids) {
      if (this.now > model.leavesAt(id) + TICK_MS + MARGIN_MS) violate(`${id} should have been evicted`);
    }
  }

  private async change(run: (service: MapService) => Promise<void>): Promise<void> {
    const { running } = this;
    if (running !== undefined) await this.work(() => run(running.service));
  }

  private async work<Result>(run: () => Promise<Result>): Promise<Result> {
    this.isTouched = true;
    this.working += 1;
    try {
      return await run();
    } finally {
      this.working -= 1;
    }
  }

  /** Nobody is evicted who was refreshed in time, or whom a service that has just started has not heard yet. */
  private noteAudit({ action, reason, name }: AuditRecord): void {
    if (action !== 'left' || reason !== 'evicted') return;
    const { pool, clock, tally, violate } = this.settings;
    const id = pool.nodes.find((node) => node.name.toCorda() === name)?.id ?? '';
    tally.add('evictions');
    if (this.now < this.model.leavesAt(id)) violate(`${name ?? ''} was evicted too early`);
    if (!this.model.unseat(id, clock.now())) violate(`${name ?? ''} was evicted, and was not there`);
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
}
