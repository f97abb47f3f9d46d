import { BridgeController } from '../../../sidecar/broker/bridge/bridge-controller';
import { DEFAULT_TIMING } from '../../../sidecar/broker/bridge/bridge-state';
import type { BrokerKind } from '../../../sidecar/broker/broker';
import { Reconciler } from '../../../sidecar/broker/reconcile/reconciler';
import { Departures } from '../../../sidecar/control/departures';
import type { DepartedById } from '../../../sidecar/control/departures-file';
import { Sidecar } from '../../../sidecar/control/sidecar';
import type { NodeStatus, Problem } from '../../../sidecar/control/status';
import { ManualClock } from '../../../sidecar/lib/clock';
import type { Logger } from '../../../sidecar/lib/log';
import type { KnownSerials } from '../../../sidecar/network/merge';
import type { Peer } from '../../../sidecar/network/peer';
import type { BrokerPlan } from '../../../sidecar/plan/broker-plan';
import type { PlanSettings } from '../../../sidecar/plan/plan-settings';
import type { MapSnapshot, SnapshotListener } from '../../../sidecar/sources/source';
import { BrokerModel } from './broker-model';
import { ModelBroker } from './model-broker';
import { ModelFiles } from './model-files';
import { MATERIAL, SETTINGS, sourced } from './network';
import { noBacklog } from './no-backlog';
import { Tap } from './tap';

export const DRIFT_MS = 30_000;
export const GRACE_MS = 600_000;
const STEP_MS = 100;

/** A network map that the test writes. */
export class WrittenMap {
  private current: MapSnapshot = { peers: [], parked: [], serials: new Map(), revision: 0 };
  private listener: SnapshotListener = () => undefined;

  write(peers: readonly Peer[], more: Partial<MapSnapshot> = {}): void {
    const serials: KnownSerials = new Map(peers.map((one) => [one.identities[0].id, one.serial] as const));
    const revision = this.current.revision + 1;
    this.current = { peers: peers.map(sourced), parked: [], serials, revision, ...more };
    this.listener(this.current);
  }

  async start(listener: SnapshotListener): Promise<void> {
    this.listener = listener;
    listener(this.current);
  }

  async stop(): Promise<void> {
    this.listener = () => undefined;
  }

  snapshot(): MapSnapshot {
    return this.current;
  }
}

/** A file of RPC users that the test writes. */
export class WrittenUsers {
  users: PlanSettings['rpcUsers'] = SETTINGS.rpcUsers;
  held: Problem | undefined;
  private listener: (users: PlanSettings['rpcUsers']) => void = () => undefined;

  /** By name, each with a password of its own. */
  write(...names: string[]): void {
    this.users = names.map((name) => ({ name, passwordHash: `hash of ${name}` }));
    this.listener(this.users);
  }

  start(listener: (users: PlanSettings['rpcUsers']) => void): void {
    this.listener = listener;
  }

  async stop(): Promise<void> {
    this.listener = () => undefined;
  }
}

/** What a sidecar keeps between its runs. */
export class Kept {
  serials: KnownSerials[] = [];
  statuses: NodeStatus[] = [];
  plans: BrokerPlan[] = [];
  departed: DepartedById = new Map();
  failing = new Set<'serials' | 'status' | 'plan' | 'departed'>();

  async writeSerials(serials: KnownSerials): Promise<void> {
    this.put('serials', () => this.serials.push(serials));
  }

  async writeStatus(status: NodeStatus): Promise<void> {
    this.put('status', () => this.statuses.push(status));
  }

  async writeApplied(plan: BrokerPlan): Promise<void> {
    this.put('plan', () => this.plans.push(plan));
  }

  async read(): Promise<DepartedById> {
    return this.departed;
  }

  async write(departed: DepartedById): Promise<void> {
    this.put('departed', () => (this.departed = departed));
  }

  private put(what: 'serials' | 'status' | 'plan' | 'departed', effect: () => void): void {
    if (this.failing.has(what)) throw Object.assign(new Error(`ENOSPC: ${what}`), { code: 'ENOSPC', syscall: 'write' });
    effect();
  }
}

export interface LoggedLine {
  readonly level: string;
  readonly message: string;
}

function logTo(lines: LoggedLine[]): Logger {
  const at = (level: string) => (message: string) => void lines.push({ level, message });
  const log: Logger = {
    ...{ trace: () => undefined, debug: () => undefined, child: () => log },
    ...{ info: at('info'), warn: at('warn'), error: at('error') },
  };
  return log;
}

/** A whole sidecar over a model of its broker; `start` runs it with a map of the peers given. */
export function sidecarUnderTest(kind: BrokerKind = 'embedded', keep = 100) {
  const clock = new ManualClock(1_000_000);
  const disk = new Map<string, string>();
  const model = new BrokerModel(disk, () => true);
  const tap = new Tap();
  const broker = new ModelBroker(kind, model, clock, async (what, effect) => {
    if (!model.up) throw new Error('the broker is down');
    return tap.passage(what, effect);
  });
  const map = new WrittenMap();
  const users = new WrittenUsers();
  /** Plans whose users' sessions were looked at. */
  const lookedAfter: BrokerPlan[] = [];
  const kept = new Kept();
  const log: LoggedLine[] = [];
  const proofs: { plan: BrokerPlan; before: BrokerPlan | undefined }[] = [];
  /** What the next proofs throw. */
  const disproofs: Error[] = [];
  const tried: string[] = [];
  const bridges: BridgeController = new BridgeController({
    operations: broker.operations,
    preflight: async ({ peer }) => void tried.push(peer),
    activate: () => sidecar.activate(),
    timing: { ...DEFAULT_TIMING, idleMs: 10_000 },
    retry: { minMs: 1_000, maxMs: 60_000, handshakeMinMs: 10_000, handshakeMaxMs: 60_000 },
    pollMs: 500,
    keep,
    clock,
    random: () => 0,
    log: logTo(log),
  });
  const sidecar: Sidecar = new Sidecar({
    material: MATERIAL,
    settings: SETTINGS,
    source: map,
    broker,
    reconciler: new Reconciler({
      operations: broker.operations,
      files: new ModelFiles(disk, tap.passage),
      fixedFiles: [],
      validate: async () => [],
      ...(kind === 'embedded' ? { restart: () => broker.restart() } : {}),
    }),
    bridges,
    state: kept,
    clock,
    random: () => 0,
    log: logTo(log),
    prove: async (plan, before) => {
      proofs.push({ plan, before });
      const error = disproofs.shift();
      if (error !== undefined) throw error;
    },
    driftMs: DRIFT_MS,
    backlog: noBacklog,
    users,
    rpcSessions: { follow: async (_before, plan) => void lookedAfter.push(plan), stop: async () => undefined },
    departures: new Departures({
      operations: broker.operations,
      file: kept,
      ownIds: ['DLMe'],
      graceMs: GRACE_MS,
      clock,
      log: logTo(log),
    }),
  });
  /** Lets time pass, and everything that needs none be done before each of its steps. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await new Promise(setImmediate);
      await clock.advance(Math.min(left, STEP_MS));
    }
    await new Promise(setImmediate);
  };
  const start = async (peers: readonly Peer[]): Promise<void> => {
    map.write(peers);
    const started = sidecar.start(new AbortController().signal);
    // A failure is the asker's, who comes after the time has passed.
    started.catch(() => undefined);
    await pass(2_000);
    await started;
    tap.takeWrites();
    log.length = 0;
  };
  /** Letters of the peers that may send. */
  const granted = (): string =>
    [...model.grants.keys()]
      .filter((match) => match.startsWith('p2p.'))
      .map((match) => match.replace(/.*\.from\.DL/, ''))
      .filter((name) => name !== 'Me')
      .sort()
      .join('');
  return {
    clock,
    pass,
    disk,
    model,
    tap,
    broker,
    map,
    users,
    lookedAfter,
    kept,
    log,
    proofs,
    disproofs,
    tried,
    bridges,
    sidecar,
    start,
    granted,
  };
}
