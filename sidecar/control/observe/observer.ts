import type { Peer } from '../../network/peer';
import type { ScreenCounts } from '../../relay/screen/refusal-kind';
import type { DeadLetterNumbers } from '../backlog';
import type { NodeStatus } from '../status';
import type { CertificateDates, OwnCertificate } from './certificate-dates';
import { ChangeLog, type ChangeCounts, type LoggedChange } from './change-log';
import type { TrafficView, TrafficWatch } from './traffic';

/** All that metrics and status page show of a node; times are milliseconds since the epoch. */
export interface NodeObservation {
  readonly status: NodeStatus;
  /** When the network map service last answered with a map in order; absent where none is configured. */
  readonly mapConfirmedAt?: number;
  readonly traffic: TrafficView;
  readonly ownCertificates: Readonly<Partial<Record<OwnCertificate, number>>>;
  /** By peer id, the earliest end. */
  readonly peerCertificates: ReadonlyMap<string, number>;
  readonly counts: ChangeCounts;
  /** The newest first. */
  readonly changes: readonly LoggedChange[];
  /** Looks for drift that failed. */
  readonly driftFailures: number;
  /** What the screen let through and refused; absent where there is none. */
  readonly screen?: ScreenCounts;
}

export interface ObserverOptions {
  readonly traffic: Pick<TrafficWatch, 'look' | 'view'>;
  readonly dates: Pick<CertificateDates, 'own' | 'peers' | 'look'>;
  readonly confirmedAt?: () => number | undefined;
  readonly screen?: () => ScreenCounts;
}

/** Gathers what is shown of a node beside its status; only a node that shows it has one. */
export class Observer {
  readonly changes = new ChangeLog();
  private driftFailures = 0;

  constructor(private readonly options: ObserverOptions) {}

  /** Throws ManagementError. */
  async look(peers: readonly Peer[], maxMessageSize: number, dead: DeadLetterNumbers): Promise<void> {
    await this.options.dates.look(peers);
    await this.options.traffic.look(maxMessageSize, dead);
  }

  driftFailed(): void {
    this.driftFailures += 1;
  }

  observe(status: NodeStatus): NodeObservation {
    const { traffic, dates, screen, confirmedAt } = this.options;
    const confirmed = confirmedAt?.();
    return {
      status,
      ...(confirmed === undefined ? {} : { mapConfirmedAt: confirmed }),
      traffic: traffic.view(),
      ownCertificates: dates.own,
      peerCertificates: dates.peers,
      counts: this.changes.counts(),
      changes: this.changes.list(),
      driftFailures: this.driftFailures,
      ...(screen === undefined ? {} : { screen: screen() }),
    };
  }
}
