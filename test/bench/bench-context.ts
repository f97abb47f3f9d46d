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
  readonly node: (alias: string) => DevNode;
  /** Tells the user what goes on. */
  readonly say: (text: string) => void;
  /** A figure is kept as soon as it is known, whatever comes of the rest. */
  readonly add: (...figures: readonly Figure[]) => void;
  /** What must be done when the part has ended, however it has; the last one asked for goes first. */
  readonly onEnd: (cleanup: () => Promise<void>) => void;
}

export interface BenchPart {
  readonly name: string;
  /** It is given up after so long. */
  readonly minutes: number;
  readonly run: (context: BenchContext) => Promise<void>;
}
