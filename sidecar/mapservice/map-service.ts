import type { Certificate } from '../certificates/certificate';
import { X500Name } from '../certificates/x500-name';
import type { Clock } from '../lib/clock';
import { NetmapError } from '../lib/errors';
import type { Logger } from '../lib/log';
import type { DocumentForm } from '../network-map/signed-document';
import { readAcknowledgement } from './acknowledgement';
import { admit, type Admission } from './admission';
import type { AuditLog } from './audit-log';
import { nameOf, type Entry } from './entry';
import { dueEvents, nextDue } from './eviction';
import { Journal } from './journal';
import type { ParametersSettings } from './parameters-settings';
import { planParameters, type UpdateSettings } from './parameters-plan';
import { Refusal } from './refusal';
import { Registry } from './registry';
import type { LeavingReason, RegistryEvent } from './registry-event';
import { SignedNetwork, type NetworkSigners } from './signed-network';
import { StoreError } from './store-error';
import { readSubmission } from './submission';
import { WorkQueue } from './work-queue';

export interface MapServiceOptions {
  /** The journal's file; its folder exists, and is this service's alone (`lockState`). */
  readonly journal: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditLog;
  readonly roots: readonly Certificate[];
  readonly signers: NetworkSigners;
  readonly parameters: ParametersSettings;
  readonly update?: UpdateSettings;
  /** Least time between two signatures of the map, milliseconds. */
  readonly signIntervalMs: number;
  readonly maxNodes: number;
  /** Private maps by their UUIDs: the names of their members, who are in no other map. */
  readonly privateMaps: ReadonlyMap<string, readonly X500Name[]>;
}

/** A node as operators see it. */
export interface NodeStatus {
  readonly name: string;
  readonly node: string;
  readonly form: DocumentForm;
  readonly hash: string;
  readonly serial: string;
  readonly platformVersion: number;
  /** Milliseconds since the epoch. */
  readonly refreshedAt: number;
  /** When it accepted the update that is announced; milliseconds since the epoch. */
  readonly acknowledgedAt?: number;
}

const COMPACT_BYTES = 8 * 1024 * 1024;
const TICK_MS = 3_600_000;

/** The network map service without its doors: what it knows, keeps and signs. */
export class MapService {
  private readonly queue: WorkQueue;
  private registry = new Registry();
  private signed: SignedNetwork | undefined;
  private isDirty = true;
  private compactAt = COMPACT_BYTES;
  private readonly startedAt: number;
  private cancelSign: (() => void) | undefined;
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
    this.cancelSign?.();
    await this.queue.end();
    await this.journal.close();
  }

  /** What is served; documents that belong together. */
  get network(): SignedNetwork {
    if (this.signed === undefined) throw new RangeError('the service is used before it has begun');
    return this.signed;
  }

  get size(): number {
    return this.registry.size;
  }

  nodeInfo(hash: string): Entry | undefined {
    return this.registry.entryByHash(hash);
  }

  nodes(): NodeStatus[] {
    return this.registry.entries().map(({ entry, refreshedAt }) => {
      const { node, form, hash, serial, platformVersion } = entry;
      const acknowledgedAt = this.registry.acknowledged.get(node);
      return {
        name: nameOf(entry),
        ...{ node, form, hash, serial: serial.toString(), platformVersion, refreshedAt },
        ...(acknowledgedAt === undefined ? {} : { acknowledgedAt }),
      };
    });
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
      return outcome;
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

  /** Takes a node out of the map, by one of its legal names; it may come back. Rejects with Refusal NOT_FOUND. */
  async remove(name: X500Name): Promise<void> {
    await this.queue.submit({
      decide: () => {
        const events = this.leaving(name, 'removed');
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
        events: [{ kind: 'banned', nameKey: name.key(), name: name.toCorda() }, ...this.leaving(name, 'banned')],
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
    await this.sign();
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
    const { clock, audit } = this.options;
    const { events, records } = await this.queue.submit({
      decide: () => {
        const due = dueEvents(this.registry, this.startedAt, clock.now());
        return { events: due.events, result: due };
      },
    });
    if (events.length > 0) for (const record of records) audit.write(record);
  }

  private leaving(name: X500Name, why: LeavingReason): RegistryEvent[] {
    const nodes = new Set(
      this.registry
        .holdersOf(name.key())
        .filter(({ identity }) => identity.role === 'legal')
        .map(({ node }) => node),
    );
    return this.registry
      .entries()
      .filter(({ entry }) => nodes.has(entry.node))
      .map(({ entry: { node, form } }): RegistryEvent => ({ kind: 'left', node, form, why }));
  }

  private async settle(hasChanged: boolean): Promise<void> {
    this.isDirty ||= hasChanged;
    const { clock, signIntervalMs, log } = this.options;
    if (this.signed !== undefined && this.isDirty && this.cancelSign === undefined) {
      const wait = this.signed.signedAt + signIntervalMs - clock.now();
      if (wait <= 0) await this.signSafely();
      else {
        this.cancelSign = clock.after(wait, () => {
          this.cancelSign = undefined;
          this.queue.nudge();
        });
      }
    }
    if (this.journal.bytes < this.compactAt) return;
    try {
      await this.journal.rewrite(this.registry.events());
      this.compactAt = Math.max(COMPACT_BYTES, 2 * this.journal.bytes);
    } catch (error) {
      this.compactAt = 2 * this.journal.bytes;
      log.warn('the journal cannot be made smaller now', { error });
    }
  }

  private async signSafely(): Promise<void> {
    try {
      await this.sign();
    } catch (error) {
      this.options.log.error('the network map cannot be signed; the last one is served on', { error });
    }
  }

  private async sign(): Promise<void> {
    const { signers, clock, audit } = this.options;
    const before = this.signed;
    this.isDirty = false;
    const content = {
      entries: this.registry.entries().map(({ entry }) => entry),
      parameters: this.registry.parameters,
      update: this.registry.update,
      privateMaps: this.privateMembers(),
    };
    this.signed = await SignedNetwork.sign(content, signers, clock.now(), before);
    const { hash } = this.signed.map('corda');
    if (before?.map('corda').hash !== hash) audit.write({ action: 'signed', hash, nodes: this.size });
  }

  private privateMembers(): Map<string, Set<string>> {
    const nodesOf = (name: X500Name): string[] => this.registry.holdersOf(name.key()).map(({ node }) => node);
    return new Map([...this.options.privateMaps].map(([id, names]) => [id, new Set(names.flatMap(nodesOf))]));
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
