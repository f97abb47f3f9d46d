/** Bounds on what a blob may make its reader do. */
export interface BlobLimits {
  /** Bytes of the blob, and bytes of what its compressed sections hold. */
  readonly maxBytes: number;
  /** Nesting of AMQP values. */
  readonly maxDepth: number;
  /** AMQP values in all, elements of arrays included. */
  readonly maxValues: number;
}

/** Enough for any NodeInfo, network map or set of network parameters; bulk answers need more bytes and values. */
export const defaultBlobLimits: BlobLimits = { maxBytes: 4 * 1024 * 1024, maxDepth: 64, maxValues: 250_000 };
