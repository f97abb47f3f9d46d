import type { Broker } from '../broker/broker';
import type { Reconciler } from '../broker/reconcile/reconciler';
import type { Clock } from '../lib/clock';
import type { Logger } from '../lib/log';
import type { BrokerPlan } from '../plan/broker-plan';
import type { PlanSettings } from '../plan/plan-settings';
import type { MapSource } from '../sources/source';
import type { Departures } from './departures';
import type { Backlog } from './backlog';
import type { NetworkMapView } from './network-map-view';
import type { ChangeTracer } from './observe/change-way';
import type { Observer } from './observe/observer';
import type { CertificateWatch } from './certificates/certificate-watch';
import type { LiveMaterial } from './certificates/live-material';
import type { PeerLinks } from './peer-links';
import type { Publisher } from './publisher';
import type { RpcSessions } from './rpc-sessions';
import type { ScreenPart } from './swaptacular-parts';
import type { StateFolder } from './state-folder';
import type { UsersWatch } from './users-watch';

/** What the control loop of one node works with. */
export interface SidecarParts {
  readonly material: LiveMaterial;
  readonly settings: PlanSettings;
  readonly source: MapSource;
  readonly broker: Broker;
  readonly reconciler: Reconciler;
  readonly bridges: PeerLinks;
  readonly state: Pick<StateFolder, 'writeSerials' | 'writeStatus' | 'writeApplied'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Proves a plan by use after it went live; throws when the broker does otherwise. */
  readonly prove: (plan: BrokerPlan, before: BrokerPlan | undefined) => Promise<void>;
  /** Time between two looks for drift, milliseconds. */
  readonly driftMs: number;
  readonly departures: Departures;
  readonly backlog: Pick<Backlog, 'look' | 'view'>;
  /** What is known of the network map service, where there is one. */
  readonly networkMap?: () => NetworkMapView;
  /** Tells the network map service of this node once its broker runs. */
  readonly publisher?: Pick<Publisher, 'start' | 'stop'>;
  /** Looks for renewed certificates of the node. */
  readonly certificates?: Pick<CertificateWatch, 'start' | 'stop' | 'held'>;
  /** The file of RPC users, where one is configured. */
  readonly users?: Pick<UsersWatch, 'start' | 'stop' | 'users' | 'held'>;
  /** In a Swaptacular network: looks at what peers have sent. */
  readonly screen?: Pick<ScreenPart, 'start' | 'stop' | 'follow'>;
  readonly rpcSessions?: Pick<RpcSessions, 'follow' | 'stop'>;
  /** Gathers what is shown over HTTP, where something is. */
  readonly observer?: Pick<Observer, 'changes' | 'look' | 'observe' | 'driftFailed'>;
  /** Is told of each change that has ended, where traces are wanted. */
  readonly trace?: ChangeTracer;
}
