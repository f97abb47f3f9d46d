import type { Certificate } from '../certificates/certificate';
import { X500Name } from '../certificates/x500-name';
import { NetmapError } from '../lib/errors';
import type { DocumentForm } from '../network-map/signed-document';
import { readAcknowledgement } from './acknowledgement';
import { admit, type Admission } from './admission';
import { nameOf, type Entry } from './entry';
import { dueEvents, nextDue } from './eviction';
import { Journal } from './journal';
import { leavingEvents } from './leaving';
import { MapSigning, type MapSigningOptions } from './map-signing';
import { nodeStatuses, type NodeStatus } from './node-status';
import type { ParametersSettings } from './parameters-settings';
import { planParameters, type UpdateSettings } from './parameters-plan';
import { Refusal } from './refusal';
import { Registry } from './registry';
import type { RegistryEvent } from './registry-event';
import type { SignedNetwork } from './signed-network';
import { StoreError } from './store-error';
import { readSubmission } from './submission';
import { WorkQueue } from './work-queue';

export interface MapServiceOptions extends MapSigningOptions {
  /** The journal's file; its folder exists, and is this service's alone (`lockState`). */
  readonly journal: string;
  readonly roots: readonly Certificate[];
  readonly parameters: ParametersSettings;
  readonly update?: UpdateSettings;
  readonly maxNodes: number;
}

const COMPACT_BYTES = 8 * 1024 * 1024;
const TICK_MS = 3_600_000;

/** The network map service without its doors: what it knows, keeps and signs. */
export class MapService {
  private readonly queue: WorkQueue;
  private registry = new Registry();
  private readonly signing: MapSigning;
  private compactAt = COMPACT_BYTES;
  private readonly startedAt: number;
  private cancelTick: () => void = () => undefined;

  private constructor(
    private readonly options: MapServiceOptions,
    private journal: Journal<RegistryEvent>,
  ) {
    this.startedAt = options.clock.now();
    this.queue = new WorkQueue({
      apply: (event) => this.registry.apply(event),
      keep: (events) => this.journal.append(events),
      restore: () => this.reopen(),
      settled: (hasChanged) => this.settle(hasChanged),
    });
    this.signing = new MapSigning(
      options,
      () => this.registry,
      () => this.queue.nudge(),
    );
  }

  /** Rejects with StoreError, ParametersPlanError or NetworkMapError. */
  static async open(options: MapServiceOptions): Promise<MapService> {
    const { journal, events, cutBytes } = await Journal.open<RegistryEvent>(options.journal);
    if (cutBytes > 0) {
      options.log.warn('the journal ended within a record, which nobody was told of; it was cut', { cutBytes });
    }
    const service = new MapService(options, journal);
    for (const event of events) service.registry.apply(event);
    try {
      await service.begin();
    } catch (error) {
      await service.stop();
      throw error;
    }
    return service;
  }

  async stop(): Promise<void> {
    this.cancelTick();
    this.signing.stop();
    await this.queue.end();
    await this.journal.close();
  }

  /** What is served; documents that belong together. */
  get network(): SignedNetwork {
    return this.signing.network;
  }

  get size(): number {
    return this.registry.size;
  }

  /** Entries of one form. */
  count(form: DocumentForm): number {
    return this.registry.count(form);
  }

  nodeInfo(hash: string): Entry | undefined {
    return this.registry.entryByHash(hash);
  }

  nodes(): NodeStatus[] {
    return nodeStatuses(this.registry);
  }

  /** What the journal has on the disk, bytes. */
  get journalBytes(): number {
    return this.journal.bytes;
  }

  /** Nodes that have accepted the update that is announced. */
  get acknowledged(): number {
    return this.registry.acknowledged.size;
  }

  banned(): string[] {
    return [...this.registry.banned.values()];
  }

  /** Takes a node's NodeInfo. Rejects with Refusal or StoreError; then nothing has changed. */
  async publish(bytes: Uint8Array, address: string): Promise<Admission['outcome']> {
    return this.audited(address, async () => {
      const { roots, clock, maxNodes } = this.options;
      const entry = await readSubmission(bytes, { roots, at: clock.now() });
      const outcome = await this.queue.submit({
        decide: () => {
          const minimumPlatformVersion = this.registry.inForce?.minimumPlatformVersion ?? 1;
          const admission = admit(this.registry, entry, { maxNodes, minimumPlatformVersion }, clock.now());
          return { events: admission.events, result: admission.outcome };
        },
      });
      const { hash, serial } = entry;
      this.options.audit.write({ action: outcome, address, name: nameOf(entry), hash, serial: serial.toString() });
      this.options.observer?.published(outcome);
      return outcome;
    }).catch((error: unknown) => {
      if (error instanceof NetmapError) this.options.observer?.published('refused');
      throw error;
    });
  }

  /** Takes a node's word that it accepts the update. Rejects with Refusal or StoreError. */
  async acknowledge(bytes: Uint8Array, address: string): Promise<void> {
    await this.audited(address, async () => {
      const { signer, hash } = await readAcknowledgement(bytes);
      const name = await this.queue.submit({
        decide: () => {
          const [holder] = this.registry.holdersOf(signer);
          if (holder === undefined) throw new Refusal('NOT_FOUND', 'who acknowledges is not in the map');
          if (!this.network.isUpdate(hash))
            throw new Refusal('NOT_FOUND', `no update to parameters ${hash} is announced`);
          const { node, identity } = holder;
          return { events: [{ kind: 'acknowledged', node, at: this.options.clock.now() }], result: identity.name };
        },
      });
      this.options.audit.write({ action: 'acknowledged', address, name, hash });
    });
  }

  /** Signs now, whatever was signed when. Rejects with NetworkMapError. */
  sign(): Promise<SignedNetwork> {
    return this.signing.ask();
  }

  /** A sealed copy of all that is safe on the disk at this moment. Rejects with StoreError. */
  async backUp(): Promise<Buffer> {
    const copy = await this.journal.copy();
    this.options.audit.write({ action: 'backed-up', nodes: this.size });
    return copy;
  }

  /** The fewest events that lead to this state. */
  events(): RegistryEvent[] {
    return this.registry.events();
  }

  /** Takes a node out of the map, by one of its legal names; it may come back. Rejects with Refusal NOT_FOUND. */
  async remove(name: X500Name): Promise<void> {
    await this.queue.submit({
      decide: () => {
        const events = leavingEvents(this.registry, name, 'removed');
        if (events.length === 0) throw new Refusal('NOT_FOUND', `no node of the name ${name.toCorda()} is in the map`);
        return { events, result: undefined };
      },
    });
    this.options.audit.write({ action: 'left', name: name.toCorda(), reason: 'removed' });
  }

  /** Takes a node out of the map, if it is there, and refuses it from now on. */
  async ban(name: X500Name): Promise<void> {
    await this.queue.submit({
      decide: () => ({
        events: [
          { kind: 'banned', nameKey: name.key(), name: name.toCorda() },
          ...leavingEvents(this.registry, name, 'banned'),
        ],
        result: undefined,
      }),
    });
    this.options.audit.write({ action: 'banned', name: name.toCorda() });
  }

  /** Rejects with Refusal NOT_FOUND. */
  async unban(name: X500Name): Promise<void> {
    await this.queue.submit({
      decide: () => {
        if (!this.registry.banned.has(name.key())) throw new Refusal('NOT_FOUND', `${name.toCorda()} is not banned`);
        return { events: [{ kind: 'unbanned', nameKey: name.key() }], result: undefined };
      },
    });
    this.options.audit.write({ action: 'unbanned', name: name.toCorda() });
  }

  private async begin(): Promise<void> {
    const { clock, parameters, update, audit } = this.options;
    await this.queue.submit({
      decide: () => ({
        events: [
          ...planParameters(this.registry, { parameters, ...(update === undefined ? {} : { update }) }, clock.now()),
        ],
        result: undefined,
      }),
    });
    await this.evict();
    await this.signing.sign();
    audit.write({ action: 'started', nodes: this.size, hash: this.network.map('corda').hash });
    this.tick();
  }

  private tick(): void {
    const { clock } = this.options;
    const due = nextDue(this.registry, this.startedAt) - clock.now();
    this.cancelTick = clock.after(Math.max(1, Math.min(TICK_MS, due)), () => {
      this.evict().then(
        () => this.tick(),
        (error: unknown) => {
          this.options.log.error('eviction failed', { error });
          this.tick();
        },
      );
    });
  }

  /** Whoever was silent too long leaves, and an update whose day has come is in force. */
  private async evict(): Promise<void> {
    const { clock, audit, observer } = this.options;
    const { events, records } = await this.queue.submit({
      decide: () => {
        const due = dueEvents(this.registry, this.startedAt, clock.now());
        return { events: due.events, result: due };
      },
    });
    for (const record of records) audit.write(record);
    const left = events.filter(({ kind }) => kind === 'left').length;
    if (left > 0) observer?.evicted(left);
  }

  private async settle(hasChanged: boolean): Promise<void> {
    await this.signing.settle(hasChanged);
    if (this.journal.bytes < this.compactAt) return;
    try {
      await this.journal.rewrite(this.registry.events());
      this.compactAt = Math.max(COMPACT_BYTES, 2 * this.journal.bytes);
    } catch (error) {
      this.compactAt = 2 * this.journal.bytes;
      this.options.log.warn('the journal cannot be made smaller now', { error });
    }
  }

  private async reopen(): Promise<void> {
    await this.journal.close().catch(() => undefined);
    const { journal, events } = await Journal.open<RegistryEvent>(this.options.journal);
    this.journal = journal;
    this.registry = new Registry();
    for (const event of events) this.registry.apply(event);
  }

  private async audited<Result>(address: string, run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof NetmapError)) throw error;
      const code = String(error.code);
      this.options.audit.write({ action: 'refused', address, code, reason: error.message });
      if (error instanceof StoreError) throw new Refusal('SERVICE_FAILED', 'the state cannot be kept just now', error);
      throw error;
    }
  }
}
