import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../sidecar/lib/clock';
import { FolderFiles, type CacheFiles } from '../../sidecar/sources/cache/cache-files';
import { MapCache } from '../../sidecar/sources/cache/map-cache';
import { cordaForm } from '../../sidecar/sources/http/corda-form';
import type { MapDecisions } from '../../sidecar/sources/http/decisions';
import { httpExchange } from '../../sidecar/sources/http/exchange';
import { jsonForm } from '../../sidecar/sources/http/json-form';
import { MapClient } from '../../sidecar/sources/http/map-client';
import { NetworkMapSource, type NetworkMapOptions } from '../../sidecar/sources/http/network-map-source';
import type { MapSnapshot } from '../../sidecar/sources/source';
import { FakeMapService, type Handler } from './fake-map-service';

export const DAY = 86_400_000;
export const START = Date.parse('2026-03-01T00:00:00Z');
/** Real time that something may take which does not wait for the clock, milliseconds. */
const PATIENCE_MS = 10_000;
/** Real time after which a poll is taken to hang, milliseconds. */
const HANGING_MS = 400;

/** A source, the service that it asks, the disk, the clock and the operator. */
export class MapWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'network-map-'));
  readonly clock = new ManualClock(START);
  snapshots: MapSnapshot[] = [];
  decisions: MapDecisions = { parameters: [] };
  source: NetworkMapSource | undefined;
  service: FakeMapService;

  constructor(form: 'corda' | 'json') {
    this.service = new FakeMapService(form);
  }

  /** A service with these nodes, and a source that has begun. */
  static async of(form: 'corda' | 'json', ...nodes: string[]): Promise<MapWorld> {
    const world = new MapWorld(form);
    for (const name of nodes) world.service.nodes.push(await world.service.node(name));
    await world.service.publishMap();
    await world.service.start();
    await world.begin();
    return world;
  }

  async end(): Promise<void> {
    await this.source?.stop();
    await this.service.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Begins a source, after ending the one before. */
  async begin(overrides: Partial<NetworkMapOptions> = {}, files?: CacheFiles): Promise<void> {
    await this.source?.stop();
    const { service, clock } = this;
    const form = service.form === 'corda' ? cordaForm : jsonForm;
    const exchange = httpExchange({ clock, silenceMs: 30_000, wholeMs: 300_000 });
    const serials = this.source?.snapshot().serials;
    this.source = new NetworkMapSource({
      url: 'map',
      client: new MapClient({ url: new URL(service.url), exchange, mediaType: form.mediaType, platformVersion: 4 }),
      form,
      roots: [service.network.root.certificate],
      cache: new MapCache(files ?? new FolderFiles(this.folder)),
      clock,
      random: () => 0.5,
      poll: { minMs: 1000, maxMs: DAY },
      brake: { share: 0.2, atLeast: 3 },
      ownId: 'DLown',
      maxPeers: 1000,
      decisions: async () => this.decisions,
      ...(serials === undefined ? {} : { knownSerials: serials }),
      ...overrides,
    });
    await this.source.start((snapshot) => this.snapshots.push(snapshot));
  }

  get snapshot(): MapSnapshot {
    if (this.source === undefined) throw new Error('not begun');
    return this.source.snapshot();
  }

  get status() {
    if (this.source === undefined) throw new Error('not begun');
    return this.source.status();
  }

  get names(): string[] {
    return this.snapshot.peers.map(({ peer }) => peer.identities[0].name.valuesOf('O').join('')).sort();
  }

  get serials(): bigint[] {
    return this.snapshot.peers.map(({ peer }) => peer.serial);
  }

  get parked(): Record<string, string> {
    return Object.fromEntries(this.snapshot.parked.map(({ origin, error }) => [origin, error.code]));
  }

  bend(path: string, handler: Handler): void {
    this.service.bend = { path, handler };
  }

  /** Moves time on until something is so; time stands still while a poll is on its way, unless that hangs. */
  async until(what: () => boolean, stepMs = 1000, mostMs = 3_600_000): Promise<void> {
    const end = this.clock.now() + mostMs;
    for (const began = Date.now(); ;) {
      await this.quiet();
      if (what()) return;
      const isLate = stepMs === 0 ? Date.now() > began + PATIENCE_MS : this.clock.now() >= end;
      if (isLate) throw new Error(`not so in time: ${JSON.stringify([this.names, this.parked])}`);
      await this.clock.advance(stepMs);
    }
  }

  /** Lets network and disk have their turns until no poll is on its way. */
  private async quiet(): Promise<void> {
    const isPolling = (): boolean => (this.status.nextPollAt ?? 0) <= this.clock.now();
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    for (const began = Date.now(); isPolling() && Date.now() < began + HANGING_MS;) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** One more poll, answered or failed. */
  async poll(): Promise<void> {
    const next = (): number => this.status.nextPollAt ?? 0;
    const before = next();
    await this.clock.advance(Math.max(0, before - this.clock.now()));
    await this.until(() => next() > before && next() > this.clock.now(), 0);
  }

  /** Changes the service's map, and waits until it was asked for. */
  async change(nodes: FakeMapService['nodes']): Promise<void> {
    this.service.nodes = nodes;
    await this.service.publishMap();
    await this.poll();
  }
}

export function many(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `N${from + index}`).sort();
}
