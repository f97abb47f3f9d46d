import type { Figure } from './figures';
import type { PeerPool } from './peer-pool';
import type { DevNetwork, DevNode } from '../../sidecar/dev-network/dev-network';

/** What a part of the bench gets. */
export interface BenchContext {
  /** A folder of the run's own. */
  readonly folder: string;
  readonly network: DevNetwork;
  readonly pool: PeerPool;
  /** Aborted when the part takes too long or the user has had enough. */
  readonly signal: AbortSignal;
  /** A node that no other part uses; throws where there is none of that alias. */
  node(alias: string): DevNode;
  /** Tells the user what goes on. */
  say(text: string): void;
  /** A figure is kept as soon as it is known, whatever comes of the rest. */
  add(...figures: readonly Figure[]): void;
  /** What must be done when the part has ended, however it has; the last one asked for goes first. */
  onEnd(cleanup: () => Promise<void>): void;
}

export interface BenchPart {
  readonly name: string;
  /** It is given up after so long. */
  readonly minutes: number;
  readonly run: (context: BenchContext) => Promise<void>;
}
