import type { NetmapError } from '../lib/errors';
import type { KnownSerials, SourcedPeer } from '../network/merge';
import type { NetworkParametersDocument } from '../network-map/network-parameters';

/** An input that is not taken into the map, or not in its newest form. */
export interface ParkedInput {
  /** Names the input among all of its source, such as a file's name; the source itself for what concerns it as a whole. */
  readonly origin: string;
  readonly error: NetmapError;
  /** When it was first parked for this reason, milliseconds since the epoch. */
  readonly since: number;
}

/** What a source knows at one moment; never changed afterwards. */
export interface MapSnapshot {
  /** Each node once, verified, in the order of their names. */
  readonly peers: readonly SourcedPeer[];
  readonly parked: readonly ParkedInput[];
  /** The highest serial taken of each node: to be kept, and given back to the source when it is made anew. */
  readonly serials: KnownSerials;
  /** The rules of the network, where the source knows them. */
  readonly parameters?: NetworkParametersDocument;
  /** Grows by one with each change of the others; 0 before the first look. */
  readonly revision: number;
}

export type SnapshotListener = (snapshot: MapSnapshot) => void;

/** Where a network map comes from. */
export interface MapSource {
  /**
   * Takes a first look, then keeps looking. `listener` gets the first snapshot before this resolves, and each later one
   * when something has changed. What is wrong with the inputs is parked; thrown is only what leaves no map to start from.
   */
  start(listener: SnapshotListener): Promise<void>;
  /** After it resolves the listener is not called any more. */
  stop(): Promise<void>;
  snapshot(): MapSnapshot;
}
