/** What the operator of this node has decided about the network map. */
export interface MapDecisions {
  /** Hashes of network parameters that he has accepted. */
  readonly parameters: readonly string[];
  /** The held map that may go on, by its digest, and when that was decided, milliseconds since the epoch. */
  readonly map?: { readonly digest: string; readonly at: number };
}

export const NO_DECISIONS: MapDecisions = { parameters: [] };
