import type { Certificate } from '../../certificates/certificate';
import type { Clock } from '../../lib/clock';
import { sha256Hex } from '../../lib/digest';
import { messageOf, type NetmapError } from '../../lib/errors';
import { nextStaleAt } from '../../network/eviction';
import type { KnownSerials, SourcedPeer } from '../../network/merge';
import { peerId } from '../../network/peer';
import type { LoadedMap, MapCache } from '../cache/map-cache';
import { MapCacheError } from '../cache/map-cache-error';
import type { MapEntry } from '../cache/map-entry';
import { factsFromJson, factsToJson, type AcceptedMap, type FetchedMap } from './accepted-map';
import { composePeers, type Composed, type VouchedEntry } from './compose';
import type { MapDecisions } from './decisions';
import type { MapClient } from './map-client';
import { mapOfParts } from './map-fetch';
import type { MapForm } from './map-form';
import { MapGate, type GateSettings } from './map-gate';
import { MapHoldError, ParametersNotAccepted } from './map-hold-error';
import { MapServiceError } from './map-service-error';
import type { HeldMap } from './map-status';
import { NodeInfoStore } from './node-info-store';

export interface IntakeSettings extends GateSettings {
  readonly url: string;
  readonly client: MapClient;
  readonly form: MapForm;
  readonly privateMap?: string;
  readonly roots: readonly Certificate[];
  readonly cache: MapCache;
  readonly clock: Clock;
}

/** What the node lives by at the moment: against it the brake measures, and it stays where a successor is refused. */
export interface Live {
  readonly peers: readonly SourcedPeer[];
  readonly serials: KnownSerials;
}

/** As long as a NodeInfo of the map cannot be had, who seems to have left may be its older self: so long nobody leaves. */
const DOUBT_MS = 600_000;
/** The share of the event horizon after which it is noted on disk that the map was vouched for, and the least time. */
const NOTE_SHARE = 1 / 30;
const NOTE_MS = 60_000;

/** Where maps are taken in: all of one or nothing, kept on disk before anything follows from it. */
export class MapIntake {
  private readonly store: NodeInfoStore;
  private readonly gate: MapGate;
  private accepted: AcceptedMap | undefined;
  private composed: Composed | undefined;
  /** Nothing is missing or waiting until then, if the map stays the same. */
  private settledUntil = -Infinity;
  /** Until then nobody leaves by time alone, even if the service is silent. */
  private changesAt = -Infinity;
  private notedAt = -Infinity;
  private keptAs: string | undefined;

  constructor(private readonly settings: IntakeSettings) {
    const { clock, roots } = settings;
    this.store = new NodeInfoStore({ ...settings, trust: () => ({ roots, at: clock.now() }) });
    this.gate = new MapGate(settings);
  }

  /** The last map that was taken. */
  get last(): AcceptedMap | undefined {
    return this.accepted;
  }

  /** Whom that map gives now. */
  get result(): Composed | undefined {
    return this.composed;
  }

  get held(): HeldMap | undefined {
    return this.gate.held;
  }

  /** Why entries of the map are not among its peers, by their hash. */
  faults(): { origin: string; error: NetmapError }[] {
    if (this.accepted === undefined) return [];
    const { unresolved } = this.store.resolve(this.accepted.map.hashes);
    return [...[...unresolved].map(([origin, { error }]) => ({ origin, error })), ...(this.composed?.errors ?? [])];
  }

  /**
   * Takes up the map that was kept, as it was then.
   * @throws MapCacheError MAP_CACHE_DAMAGED
   */
  async resume(loaded: LoadedMap, serials: KnownSerials): Promise<void> {
    const { form, roots } = this.settings;
    try {
      const facts = factsFromJson(loaded.facts);
      const trust = { roots, at: facts.vouchedAt };
      const isSameSource = facts.source === this.sourceName();
      const parts = facts.parts.map(({ bytes, stamp }) => ({ bytes, stamp: isSameSource ? stamp : {} }));
      const { hash, bytes } = facts.parameters;
      const document = await form.readParameters(bytes, hash, trust);
      const map = await mapOfParts(form, parts, trust);
      this.store.add(facts.trust === this.trustName() ? loaded.entries : await this.stillTrusted(loaded));
      const { vouchedAt, retained } = facts;
      this.accepted = { map, parameters: { hash, bytes, document }, vouchedAt, retained };
      this.notedAt = vouchedAt;
    } catch (cause) {
      throw new MapCacheError('MAP_CACHE_DAMAGED', `the network map kept on disk is refused: ${messageOf(cause)}`, {
        decision: 'alarm',
        remedy: 'where the trusted roots were changed on purpose, remove the folder network-map of the state folder',
        cause,
      });
    }
    this.composed = this.compose(this.accepted, { peers: [], serials }, this.accepted.vouchedAt);
  }

  private async stillTrusted({ entries }: LoadedMap): Promise<MapEntry[]> {
    const verified = await Promise.all(entries.map((entry) => this.store.verifyAgain(entry).catch(() => undefined)));
    return verified.filter((entry) => entry !== undefined);
  }

  /**
   * Takes a map (undefined: the last one stands still) or throws what keeps it from being taken; then all is as before.
   * `hasBulk`: the service gives all NodeInfos in one answer, too.
   */
  async take(offer: { map?: FetchedMap; hasBulk: boolean }, live: Live, decisions: MapDecisions, signal: AbortSignal) {
    const { accepted, gate, store } = this;
    const now = this.settings.clock.now();
    const map = offer.map ?? accepted?.map;
    if (map === undefined) throw new MapServiceError('MAP_SERVICE_ANSWER', `${this.settings.url} gives no map`);
    if (offer.map !== undefined) {
      gate.checkSize(map);
      gate.checkAge(map, accepted?.map, decisions);
    }
    if (offer.map === undefined && accepted !== undefined && now < this.settledUntil) {
      await this.vouch({ ...accepted, vouchedAt: now });
    } else {
      const parameters = await this.parametersOf(map, decisions, signal);
      await store.obtain(map.hashes, offer.hasBulk, signal);
      const doubtful = { map, parameters, vouchedAt: now, retained: this.retainedFor(map, now) };
      const composed = this.compose(doubtful, live, now);
      gate.checkLoss(live.peers, composed.peers, decisions);
      const next = { ...doubtful, retained: withFallbacks(doubtful, composed, now) };
      if (offer.map === undefined && this.isKept(next)) await this.vouch(next);
      else await this.keep(next);
      this.settle(next, composed);
      store.keepOnly(new Set([...map.hashes, ...next.retained.keys()]));
    }
    gate.pass();
  }

  /**
   * Looks whether time alone has changed who is there: entries become stale, certificates expire. Throws MapHoldError when
   * the brake holds that; where a map waits for the operator (`isHeld`), he is asked about that map alone.
   */
  recompose(live: Live, decisions: MapDecisions, isHeld: boolean): void {
    const now = this.settings.clock.now();
    if (this.accepted === undefined || now < this.changesAt) return;
    const composed = this.compose(this.accepted, live, now);
    if (isHeld && this.gate.lossOf(live.peers, composed.peers) !== undefined) return;
    this.gate.checkLoss(live.peers, composed.peers, decisions);
    this.settle(this.accepted, composed);
    // It has to be seen wholly when the service is back.
    this.settledUntil = -Infinity;
  }

  /**
   * Where these roots do not vouch for the parameters as they are kept, asks for them anew: the same may have been signed
   * anew. Rejects where they were not, or cannot be had; then all is as before.
   */
  async renewParameters(roots: readonly Certificate[], signal: AbortSignal): Promise<void> {
    const { accepted } = this;
    if (accepted === undefined) return;
    const { client, form, clock } = this.settings;
    const { hash, bytes } = accepted.parameters;
    const trust = { roots, at: clock.now() };
    const isVouchedFor = await form.readParameters(bytes, hash, trust).then(
      () => true,
      () => false,
    );
    if (isVouchedFor) return;
    const renewed = await client.parameters(hash, signal);
    await form.readParameters(renewed, hash, trust);
    const next = { ...accepted, parameters: { ...accepted.parameters, bytes: renewed } };
    await this.keep(next);
    this.accepted = next;
  }

  /**
   * Where several roots are trusted, the network may be on its way from one to another: where the map is there already,
   * asks for parameters that are, too. Rejects with nothing but the signal's reason.
   */
  async followSigner(signal: AbortSignal): Promise<void> {
    const { form, roots, clock } = this.settings;
    if (this.accepted === undefined || roots.length < 2) return;
    const { parts } = this.accepted.map;
    for (const root of roots) {
      try {
        await mapOfParts(form, parts, { roots: [root], at: clock.now() });
        await this.renewParameters([root], signal);
      } catch {
        // Those that are kept are good.
        signal.throwIfAborted();
      }
    }
  }

  private async parametersOf({ document }: FetchedMap, decisions: MapDecisions, signal: AbortSignal) {
    const { accepted } = this;
    const { client, form, roots, clock } = this.settings;
    const hash = document.networkParameterHash;
    if (accepted?.parameters.hash === hash) return accepted.parameters;
    if (accepted !== undefined && !decisions.parameters.includes(hash)) throw new ParametersNotAccepted(hash);
    const bytes = await client.parameters(hash, signal);
    const parameters = await form.readParameters(bytes, hash, { roots, at: clock.now() });
    if (accepted !== undefined && parameters.epoch < accepted.parameters.document.epoch) {
      const message = `the network parameters have epoch ${parameters.epoch}, those in force ${accepted.parameters.document.epoch}`;
      throw new MapHoldError('PARAMETERS_OLDER', message, { remedy: "ask the network's operator" });
    }
    return { hash, bytes, document: parameters };
  }

  /** Entries that the map does not name any more while it is not known whom it names instead. */
  private retainedFor(map: FetchedMap, now: number): Map<string, number> {
    const { accepted } = this;
    const { entries, unresolved } = this.store.resolve(map.hashes);
    const isDoubtful = [...unresolved.values()].some(({ since }) => now - since <= DOUBT_MS);
    if (accepted === undefined || !isDoubtful) return new Map();
    const named = new Set(entries.map(({ peer }) => peerId(peer)));
    const before = this.vouched(accepted).filter(({ entry }) => !map.hashes.has(entry.hash));
    const left = before.filter(({ entry }) => !named.has(peerId(entry.peer)));
    return new Map(left.map(({ entry, refreshedAt }) => [entry.hash, refreshedAt]));
  }

  private vouched({ map, vouchedAt, retained }: AcceptedMap): VouchedEntry[] {
    const named = this.store.resolve(map.hashes).entries.map((entry) => ({ entry, refreshedAt: vouchedAt }));
    const others = this.store.resolve(new Set(retained.keys())).entries.flatMap((entry) => {
      const refreshedAt = retained.get(entry.hash);
      return refreshedAt === undefined || map.hashes.has(entry.hash) ? [] : [{ entry, refreshedAt }];
    });
    return [...named, ...others];
  }

  private compose(map: AcceptedMap, { peers, serials }: Live, now: number): Composed {
    const { minimumPlatformVersion, eventHorizon } = map.parameters.document;
    const before = new Map(peers.map((peer): [string, SourcedPeer] => [peerId(peer.peer), peer]));
    return composePeers({ entries: this.vouched(map), before, serials, now, minimumPlatformVersion, eventHorizon });
  }

  private settle(map: AcceptedMap, composed: Composed): void {
    this.accepted = map;
    this.composed = composed;
    const now = this.settings.clock.now();
    let certificates = Infinity;
    const entries = this.vouched(map);
    for (const { entry } of entries) {
      if (entry.validUntil >= now) certificates = Math.min(certificates, entry.validUntil + 1);
      if (entry.validFrom > now) certificates = Math.min(certificates, entry.validFrom);
    }
    const { eventHorizon } = map.parameters.document;
    const refreshes = new Map(entries.map(({ entry, refreshedAt }) => [entry.hash, refreshedAt]));
    this.changesAt = Math.min(certificates, nextStaleAt(refreshes, eventHorizon, now) ?? Infinity);
    const retained = nextStaleAt(map.retained, eventHorizon, now) ?? Infinity;
    this.settledUntil = Math.min(certificates, retained, this.store.nextTryAt(map.map.hashes, DOUBT_MS));
  }

  private async vouch(map: AcceptedMap): Promise<void> {
    this.accepted = map;
    const horizon = map.parameters.document.eventHorizon;
    this.changesAt = Math.min(this.changesAt, this.settledUntil);
    if (map.vouchedAt - this.notedAt > Math.max(NOTE_MS, horizon * NOTE_SHARE)) await this.keep(map);
  }

  private isKept(map: AcceptedMap): boolean {
    return this.keptAs === this.keptName(map);
  }

  private keptName({ map, parameters, retained }: AcceptedMap): string {
    const named = this.store.resolve(map.hashes).entries.map(({ hash }) => hash);
    return JSON.stringify([parameters.hash, named, [...retained.keys()]]);
  }

  private async keep(map: AcceptedMap): Promise<void> {
    const { vouchedAt } = map;
    const facts = { ...map, source: this.sourceName(), trust: this.trustName(), parts: map.map.parts };
    const entries = this.vouched(map).map(({ entry }) => entry);
    await this.settings.cache.store({ entries, facts: factsToJson(facts) });
    this.notedAt = vouchedAt;
    this.keptAs = this.keptName(map);
  }

  private sourceName(): string {
    const { url, privateMap, form } = this.settings;
    return [form.mediaType, url, ...(privateMap === undefined ? [] : [privateMap])].join(' ');
  }

  private trustName(): string {
    const roots = this.settings.roots.map((root) => sha256Hex(root.der));
    return roots.sort().join(' ');
  }
}

/** Who stays because his successor is refused is vouched for by the map as well, and has to be there after a restart. */
function withFallbacks({ map, retained }: AcceptedMap, { peers }: Composed, now: number): Map<string, number> {
  const origins = peers.map(({ origin }) => origin).filter((origin) => !map.hashes.has(origin));
  return new Map([...origins.map((origin): [string, number] => [origin, now]), ...retained]);
}
