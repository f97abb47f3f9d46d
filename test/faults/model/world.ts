import { AccessError } from '../../../sidecar/broker/amqp/access-error';
import { BridgeController } from '../../../sidecar/broker/bridge/bridge-controller';
import { DEFAULT_TIMING } from '../../../sidecar/broker/bridge/bridge-state';
import { ManagementError } from '../../../sidecar/broker/management-error';
import { Reconciler } from '../../../sidecar/broker/reconcile/reconciler';
import { Departures } from '../../../sidecar/control/departures';
import type { DepartedById } from '../../../sidecar/control/departures-file';
import { Sidecar } from '../../../sidecar/control/sidecar';
import { ManualClock, type Clock } from '../../../sidecar/lib/clock';
import { silentLogger } from '../../../sidecar/lib/log';
import type { Peer } from '../../../sidecar/network/peer';
import type { BrokerPlan } from '../../../sidecar/plan/broker-plan';
import type { MapSnapshot, MapSource, SnapshotListener } from '../../../sidecar/sources/source';
import { BrokerModel, type Grants } from './broker-model';
import { ModelBroker } from './model-broker';
import { ModelFiles } from './model-files';
import { WRITES, type Passage } from './model-management';
import { MATERIAL, planFor, SETTINGS, sourced } from './network';
import { noBacklog } from './no-backlog';
import { Chance } from './random';

export const DRIFT_MS = 40_000;
const IDLE_MS = 5_000;
const GRACE_MS = 15_000;
const POLL_MS = 1_000;

/** One life of a sidecar, from its start to the moment when it is killed. */
interface Life {
  readonly sidecar: Sidecar;
  readonly bridges: BridgeController;
  readonly abort: AbortController;
  killed: boolean;
  /** Whether it has brought a plan live yet. */
  live: boolean;
  /** Connections whose stop was lost on its way. */
  readonly unstopped: Set<string>;
}

/** A broker, a disk, a network map and the peers behind it; in it a sidecar that may be killed at any moment. */
export class World {
  readonly clock = new ManualClock(1_000_000);
  readonly disk = new Map<string, string>();
  readonly broker: BrokerModel;
  readonly violations: string[] = [];
  readonly unreachable = new Set<string>();
  /** Probability that a passage to disk or broker fails. */
  faults = 0;
  writes: { readonly at: number; readonly what: string }[] = [];
  /** Requests that the broker refused for no reason: then the sidecar waits for another map. */
  refusals = 0;
  life: Life | undefined;
  private departed: DepartedById = new Map();
  private readonly states = new Map<string, string>();
  private snapshot: MapSnapshot = { peers: [], parked: [], serials: new Map(), revision: 1 };
  private listener: SnapshotListener = () => undefined;
  private live: BrokerPlan = planFor([]);
  /** What each map since the one that is live asks for. */
  private asked: BrokerPlan[] = [];

  constructor(
    readonly chance: Chance,
    private readonly kind: 'embedded' | 'attached',
    private readonly keep: number,
  ) {
    this.broker = new BrokerModel(this.disk, (connection) => !this.unreachable.has(connection));
    this.broker.beforeLoad = (next) => this.checkLoad(next);
  }

  /** The plan of the newest map. */
  get wanted(): BrokerPlan {
    return planFor(this.peers);
  }

  /** Of the newest map. */
  get peers(): Peer[] {
    return this.snapshot.peers.map((one) => one.peer);
  }

  publish(peers: readonly Peer[]): void {
    const serials = new Map(peers.map((one) => [one.identities[0].id, one.serial] as const));
    this.snapshot = { ...this.snapshot, peers: peers.map(sourced), serials, revision: this.snapshot.revision + 1 };
    this.asked.push(this.wanted);
    this.listener(this.snapshot);
  }

  /** Starts a sidecar over disk and broker as they are; one whose start fails is started again after a second. */
  boot(): void {
    const life = this.create();
    this.life = life;
    life.sidecar.start(life.abort.signal).catch(async () => {
      if (life.killed) return;
      await life.sidecar.stop();
      if (this.life !== life) return;
      this.kill();
      this.clock.after(1_000, () => this.boot());
    });
  }

  /** From here on nothing that the sidecar does reaches anything, as if its process had been killed. */
  kill(): void {
    const { life } = this;
    if (life === undefined) return;
    life.killed = true;
    this.life = undefined;
    this.listener = () => undefined;
    this.broker.changed = () => undefined;
    life.abort.abort(new Error('killed'));
  }

  /** Where nobody else does so, somebody starts the broker until it runs. */
  superviseBroker(): void {
    if (!this.broker.up && this.kind === 'attached') this.broker.start();
    this.clock.after(1_500, () => this.superviseBroker());
  }

  /** Messages for any remote party that the broker knows, on the map or not. */
  send(): void {
    const queues = [...this.broker.queues].filter(([name]) => name.startsWith('internal.peers.'));
    const [name] = this.chance.pick(queues) ?? [];
    if (name !== undefined && this.broker.up) this.broker.send(name);
  }

  /** Looks at what must hold at every moment. */
  check(): void {
    this.broker.carry();
    if (this.broker.lost > 0) this.violate(`${this.broker.lost} messages were destroyed`);
    const allowed = new Set([this.live, ...this.asked].flatMap((plan) => plan.bridges.map(({ name }) => name)));
    for (const [name, { started }] of this.broker.connections) {
      if (started && !allowed.has(name) && this.life?.live === true) this.violate(`${name} runs to a peer that left`);
    }
  }

  private create(): Life {
    const clock = this.clockOf(() => life.killed);
    const passage = this.passageOf(() => life);
    const broker = new ModelBroker(this.kind, this.broker, clock, passage);
    const random = (): number => this.chance.next();
    const reconciler = new Reconciler({
      operations: broker.operations,
      files: new ModelFiles(this.disk, passage),
      fixedFiles: [],
      validate: async () => [],
      ...(this.kind === 'embedded' ? { restart: () => broker.restart() } : {}),
    });
    const bridges: BridgeController = new BridgeController({
      operations: broker.operations,
      preflight: async ({ name }) =>
        passage('preflight', () => {
          if (this.unreachable.has(name)) throw new AccessError('ACCESS_UNREACHABLE', `${name} is down`);
        }),
      activate: () => sidecar.activate(),
      timing: { ...DEFAULT_TIMING, idleMs: IDLE_MS },
      retry: { minMs: 1_000, maxMs: 60_000, handshakeMinMs: 10_000, handshakeMaxMs: 60_000 },
      pollMs: POLL_MS,
      keep: this.keep,
      clock,
      random,
      log: silentLogger,
    });
    const sidecar: Sidecar = new Sidecar({
      material: MATERIAL,
      settings: SETTINGS,
      source: this.source(),
      broker,
      reconciler,
      bridges,
      state: {
        writeSerials: (serials) => this.keepState(passage, 'serials', [...serials.keys()].join(' ')),
        writeStatus: (status) => this.keepState(passage, 'status', JSON.stringify({ ...status, updatedAt: 0 })),
        writeApplied: async (plan) => {
          this.goneLive(life, plan);
          await this.keepState(passage, 'applied', plan.permissions.map(({ match }) => match).join(' '));
        },
      },
      clock,
      random,
      log: silentLogger,
      prove: async () => passage('probe', () => undefined),
      driftMs: DRIFT_MS,
      backlog: noBacklog,
      departures: new Departures({
        operations: broker.operations,
        file: {
          read: async () => this.departed,
          write: (departed) =>
            passage('state departures', () => {
              this.departed = departed;
            }),
        },
        ownIds: ['DLMe'],
        graceMs: GRACE_MS,
        clock,
        log: silentLogger,
      }),
    });
    const life: Life = {
      sidecar,
      bridges,
      abort: new AbortController(),
      killed: false,
      live: false,
      unstopped: new Set(),
    };
    return life;
  }

  private keepState(passage: Passage, name: string, content: string): Promise<void> {
    return passage(`state ${name}`, () => {
      if (this.states.get(name) !== content) this.note(`state ${name}`);
      this.states.set(name, content);
    });
  }

  private source(): MapSource {
    return {
      start: async (listener) => {
        this.listener = listener;
        listener(this.snapshot);
      },
      stop: async () => {
        this.listener = () => undefined;
      },
      snapshot: () => this.snapshot,
    };
  }

  private clockOf(isKilled: () => boolean): Clock {
    return {
      now: () => this.clock.now(),
      after: (ms, callback) =>
        this.clock.after(ms, () => {
          if (!isKilled()) callback();
        }),
    };
  }

  private passageOf(lifeOf: () => Life): Passage {
    // Requests to the broker arrive in the order in which they were made; answers come as they may.
    let arrived = Promise.resolve();
    return async <Result>(what: string, effect: () => Result): Promise<Result> => {
      const onDisk = /^(differing|digest|read|write|remove|prepare|state)/.test(what);
      const isRequest = !onDisk && what !== 'preflight';
      if (isRequest) await (arrived = arrived.then(() => this.wayOf(lifeOf())));
      else await this.wayOf(lifeOf());
      if (isRequest && !this.broker.up) throw unreachable();
      const { life: before } = this.broker;
      const fails = this.chance.hits(this.faults);
      if (fails && this.chance.hits(0.5)) throw this.failure(lifeOf(), what, onDisk);
      if (WRITES.test(what) || /^(write|remove)/.test(what)) this.note(what);
      const result = effect();
      await this.wayOf(lifeOf());
      if (fails) throw onDisk ? full() : new ManagementError('MANAGEMENT_TIMEOUT', `no answer to ${what}`);
      if (isRequest && before !== this.broker.life) throw unreachable();
      return result;
    };
  }

  private failure(life: Life, what: string, onDisk: boolean): Error {
    if (onDisk) return full();
    if (what.startsWith('stop')) life.unstopped.add(what.slice('stopBrokerConnection '.length));
    if (this.chance.hits(0.9)) return new ManagementError('MANAGEMENT_TIMEOUT', `no answer to ${what}`);
    this.refusals += 1;
    return new ManagementError('MANAGEMENT_REFUSED', `no ${what}`);
  }

  /** Takes some time or none; who is killed on the way never arrives. */
  private async wayOf(life: Life): Promise<void> {
    if (this.chance.hits(0.3)) {
      await new Promise<void>((resolve) => this.clock.after(this.chance.between(1, 20), resolve));
    }
    if (life.killed) await new Promise<never>(() => undefined);
  }

  private goneLive(life: Life, plan: BrokerPlan): void {
    const text = essence(plan);
    this.asked = this.asked.slice(this.asked.findLastIndex((asked) => essence(asked) === text) + 1);
    this.live = plan;
    life.live = true;
  }

  private checkLoad(next: Grants): void {
    for (const match of next.keys()) {
      if (this.life?.live === true && !this.broker.addresses.has(match))
        this.violate(`permission before address ${match}`);
    }
    const allowed = new Set([this.live, ...this.asked].flatMap((plan) => plan.permissions.map(grantKey)));
    for (const [match, roles] of next) {
      for (const role of roles) {
        const key = grantKey({ match, role });
        if (this.life?.live === true && !allowed.has(key)) this.violate(`${role} may send to ${match} again`);
      }
    }
    this.checkWithdrawn(next);
  }

  /** A peer that has left has no running connection any more when its permission goes. */
  private checkWithdrawn(next: Grants): void {
    const { life } = this;
    if (life?.live !== true) return;
    const wanted = new Set(this.wanted.bridges.map(({ name }) => name));
    for (const [match, roles] of this.broker.grants) {
      for (const role of roles) {
        if (next.get(match)?.has(role) === true || wanted.has(role) || life.unstopped.has(role)) continue;
        if (this.broker.connections.get(role)?.started === true) this.violate(`${role} runs while its permission goes`);
      }
    }
  }

  private note(what: string): void {
    this.writes.push({ at: this.clock.now(), what });
  }

  private violate(what: string): void {
    this.violations.push(`${what} at ${this.clock.now()}`);
  }
}

function grantKey({ match, role }: { match: string; role: string }): string {
  return `${role} ${match}`;
}

function essence(plan: BrokerPlan): string {
  return JSON.stringify([plan.permissions, plan.bridges]);
}

function unreachable(): Error {
  return new ManagementError('MANAGEMENT_UNREACHABLE', 'the broker is down');
}

function full(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', syscall: 'write' });
}
