import type { Config } from '../config/config';
import { BridgeController } from '../broker/bridge/bridge-controller';
import { DEFAULT_TIMING } from '../broker/bridge/bridge-state';
import { createPreflight } from '../broker/bridge/preflight';
import { localIdentities } from '../plan/peer-pieces';
import type { DownloadProgress } from '../broker/download';
import { systemClock, type Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import { isCordaBlob } from '../network-map/corda-blob/sections';
import { Backlog } from './backlog';
import type { Broker } from '../broker/broker';
import type { AuthoritySource } from '../sources/authority';
import type { MapSnapshot } from '../sources/source';
import { createBroker } from './create-broker';
import { PausableSource, type Maintenance } from './pausable-source';
import { ReleaseFile } from './maintenance/release-file';
import { maintenanceWindows } from './maintenance/windows';
import { PauseFile } from './pause-file';
import { peerId } from '../network/peer';
import type { PeerLinks } from './peer-links';
import { swaptacularParts, type ScreenPart } from './swaptacular-parts';
import { createProve, createReconciler } from './create-reconciler';
import { DecisionsFile } from './decisions-file';
import { Departures } from './departures';
import { DeparturesFile } from './departures-file';
import { mapAccess, type MapAccess } from './map-access';
import type { CreatedSource } from './map-watch';
import type { NodeError } from './node-error';
import { networkMapView, type NetworkMapView } from './network-map-view';
import { CertificateWatch, certificateFiles } from './certificates/certificate-watch';
import { followFiles } from './certificates/follow-files';
import { brokerStores } from './certificates/installed-stores';
import { liveMaterial } from './certificates/live-material';
import { makeSource } from './certificates/make-source';
import { RerootedSource } from './certificates/rerooted-source';
import { readNodeMaterial, type NodeMaterial } from './node-material';
import { writeOwnNodeInfo } from './own-node-info';
import { Publisher, type PublisherParts } from './publisher';
import { planSettings } from './plan-settings';
import { RpcSessions } from './rpc-sessions';
import { CertificateDates } from './observe/certificate-dates';
import { changeTraces } from './observe/change-tracer';
import { Observer } from './observe/observer';
import { TrafficWatch } from './observe/traffic';
import { Sidecar } from './sidecar';
import { StateFolder } from './state-folder';
import { UsersWatch } from './users-watch';

export interface SidecarInput {
  readonly config: Config;
  readonly log: Logger;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Time between two looks for drift, milliseconds; 30,000 unless given. */
  readonly driftMs?: number;
}

const DRIFT_MS = 30_000;
const PREFLIGHT_MS = 5_000;
/** Connections kept in the broker's file: up to so many peers a first message needs no reload. */
const KEEP = 100;

export interface CreatedSidecar {
  readonly sidecar: Sidecar;
  /** Gives the lease of the state folder back. */
  readonly dispose: () => Promise<void>;
  /** Resolves when another sidecar has taken the lease, with the reason to stop. */
  readonly lost: Promise<NodeError>;
}

/** A sidecar as the configuration says, holding the lease of its state folder. */
export async function createSidecar(input: SidecarInput): Promise<CreatedSidecar> {
  const { config, log, environment, clock = systemClock, random = Math.random } = input;
  const read = await readNodeMaterial(config, clock);
  const settings = await planSettings(config, read);
  const state = new StateFolder(config.state);
  let onLost: (error: NodeError) => void = () => undefined;
  const lost = new Promise<NodeError>((resolve) => (onLost = resolve));
  await state.acquire(process.pid, clock, onLost);
  try {
    const material = liveMaterial(read, config.broker.mode === 'attached' ? await brokerStores(config) : undefined);
    const created = await createBroker({ ...input, clock, material, environment });
    const { broker } = created;
    const reconciler = createReconciler(config, created);
    if (material.made !== undefined) await writeOwnNodeInfo(material.made);
    const access = await mapAccess(config, material.own.platformVersion, clock);
    const serials = await state.readSerials();
    const paused = new PauseFile(config.state);
    const decisions = new DecisionsFile(config.state);
    const source = new RerootedSource({
      make: makeSource({ config, material, clock, random, access }),
      prepare: async ({ networkMap }, roots) => networkMap?.renewParameters(roots),
      ...{ roots: material.roots, serials, brake: config.brake, ownId: peerId(material.own), clock },
      ...{ decisions: () => decisions.read(), log: log.child({ component: 'network-map' }) },
    });
    const { authority } = source.current;
    const pausable = new PausableSource({
      ...{ source, pause: () => paused.read(clock.now()), clock },
      ...maintenanceOf(config, peerId(material.own)),
    });
    let activate: Sidecar['activate'] = async () => undefined;
    const parts = { config, material, broker, clock, random, log };
    const map = (): MapSnapshot => pausable.snapshot();
    const { links, screen } = peerLinks({ ...parts, authority, map, activate: () => activate() });
    const publisher = createPublisher(material, access, {
      clock,
      random,
      log: log.child({ component: 'network-map' }),
    });
    const ownIds = localIdentities(material.own).map(({ id }) => id);
    const traces = await changeTraces({ environment, nodeId: peerId(material.own), log });
    const sidecar = new Sidecar({
      material,
      settings,
      source: pausable,
      broker,
      reconciler,
      bridges: links,
      ...(screen === undefined ? {} : { screen }),
      state,
      clock,
      random,
      log,
      prove: createProve(config, material, broker),
      driftMs: input.driftMs ?? DRIFT_MS,
      departures: new Departures({
        operations: broker.operations,
        file: new DeparturesFile(config.state),
        ownIds,
        graceMs: config.eviction.graceSeconds * 1000,
        clock,
        log,
      }),
      backlog: new Backlog({ operations: broker.operations, ownIds }),
      ...(source.current.networkMap && { networkMap: () => networkMapStatus(source, publisher) }),
      ...(publisher && { publisher }),
      certificates: new CertificateWatch({
        files: certificateFiles(config),
        read: () => readNodeMaterial(config, clock),
        material,
        ...(config.node.authority === undefined && { ...followFiles({ material, source, publisher, log }) }),
        clock,
        log: log.child({ component: 'certificates' }),
      }),
      ...(config.rpc.users === undefined
        ? {}
        : { users: new UsersWatch({ file: config.rpc.users, users: settings.rpcUsers, clock }) }),
      ...(config.http === undefined
        ? {}
        : {
            observer: new Observer({
              traffic: new TrafficWatch({ operations: broker.operations, ownIds, clock }),
              dates: new CertificateDates(material),
              ...(source.current.networkMap && { confirmedAt: () => source.current.networkMap?.status().lastAnswerAt }),
              ...(screen && { screen: () => screen.counts() }),
            }),
          }),
      ...(traces && { trace: traces.trace }),
      rpcSessions: new RpcSessions({ operations: broker.operations, clock, random, log }),
    });
    activate = () => sidecar.activate();
    const dispose = async (): Promise<void> => {
      await state.release();
      await traces?.stop();
    };
    return { sidecar, dispose, lost };
  } catch (error) {
    await state.release();
    throw error;
  }
}

function networkMapStatus(source: RerootedSource<CreatedSource>, publisher: Publisher | undefined): NetworkMapView {
  const { networkMap } = source.current;
  if (networkMap === undefined) throw new RangeError('a configuration without a network map service');
  const status = networkMap.status();
  const held = status.held ?? source.held;
  return networkMapView({ ...status, ...(held && { held }) }, publisher?.status());
}

function maintenanceOf({ maintenance, state }: Config, ownId: string): { maintenance?: Maintenance } {
  if (maintenance.length === 0) return {};
  const release = new ReleaseFile(state);
  return { maintenance: { windows: maintenanceWindows(maintenance), released: () => release.read(), ownId } };
}

interface PeerLinksInput {
  readonly config: Config;
  readonly material: NodeMaterial;
  readonly broker: Broker;
  /** The source, where it is the own authority. */
  readonly authority: AuthoritySource | undefined;
  readonly map: () => MapSnapshot;
  readonly activate: () => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** The broker's own bridges, or relays where peers want STOMP. */
function peerLinks(input: PeerLinksInput): { links: PeerLinks; screen?: ScreenPart } {
  const { config, material, broker, authority, map, activate, clock, random, log } = input;
  const { operations } = broker;
  const { destination } = material;
  const retry = retryLimits(config);
  if (authority !== undefined && destination !== undefined)
    return swaptacularParts({ config, material, authority, map, destination, retry, operations, clock, random, log });
  const bridges = new BridgeController({
    operations,
    preflight: createPreflight({
      get key() {
        return material.stores.nodeKey;
      },
      get chain() {
        return material.stores.nodeChain;
      },
      timeoutMs: PREFLIGHT_MS,
      now: () => clock.now(),
    }),
    activate,
    timing: { ...DEFAULT_TIMING, idleMs: config.bridges.idleSeconds * 1000 },
    retry,
    pollMs: config.bridges.pollMilliseconds,
    keep: KEEP,
    clock,
    random,
    log: log.child({ component: 'bridges' }),
  });
  return { links: bridges };
}

/** Nothing is published where there is no service, or where it does not read the form of the own NodeInfo. */
function createPublisher(
  { nodeInfo }: NodeMaterial,
  access: MapAccess | undefined,
  rest: Pick<PublisherParts, 'clock' | 'random' | 'log'>,
): Publisher | undefined {
  if (access === undefined || nodeInfo === undefined) return undefined;
  const { client, format } = access;
  if (isCordaBlob(nodeInfo) === (format === 'corda')) return new Publisher({ client, nodeInfo, ...rest });
  rest.log.warn('the own NodeInfo is not published: it has another form than the network map service reads', {
    format,
  });
  return undefined;
}

function retryLimits({ bridges: { retry } }: Config) {
  return {
    minMs: retry.minSeconds * 1000,
    maxMs: retry.maxSeconds * 1000,
    handshakeMinMs: retry.handshakeMinSeconds * 1000,
    handshakeMaxMs: retry.handshakeMaxSeconds * 1000,
  };
}
