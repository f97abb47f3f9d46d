import type { Instant } from './instant';

/** What a network map says: who is on the network, and by which parameters. */
export interface NetworkMapDocument {
  /** Of each NodeInfo: SHA-256 of its raw bytes, upper-case hex. */
  readonly nodeInfoHashes: readonly string[];
  /** Of the network parameters in force, likewise. */
  readonly networkParameterHash: string;
  /** Parameters that are to be in force later. */
  readonly parametersUpdate?: ParametersUpdate;
}

export interface ParametersUpdate {
  /** Of the new parameters: SHA-256, upper-case hex. */
  readonly hash: string;
  /** For people: why and what. */
  readonly description: string;
  /** Until when nodes have to accept them. */
  readonly deadline: Instant;
}
