import type { CordaValue } from './corda-blob/corda-value';
import { decodeCordaBlob } from './corda-blob/decode';
import { encodeCordaBlob } from './corda-blob/encode';
import { fieldOf, listField, objectOf } from './corda-blob/fields';
import { defaultBlobLimits, type BlobLimits } from './corda-blob/limits';
import { cordaObject } from './corda-values';
import { NetmapError } from '../lib/errors';
import { refusing } from './document-codec';
import type { SignedNodeInfo } from './node-info';
import { signedNodeInfoToCorda, type SignedNodeInfoParts } from './node-info-blob';
import { signedDocumentToCorda, type SignedParts } from './sign-document';
import { signedDocumentOf, type SignedDocument } from './signed-document';
import { signedNodeInfoOf } from './signed-node-info';

/** The answer to a request for everything: a network map with all of its NodeInfos, nothing verified. */
export interface BulkAnswer {
  readonly map: SignedDocument<'map'>;
  readonly nodeInfos: readonly SignedNodeInfo[];
  /** Why others could not be read; by their places in the answer, from 0. */
  readonly unreadable: ReadonlyMap<number, NetmapError>;
}

export interface BulkLimits extends BlobLimits {
  /** NodeInfos in one answer. */
  readonly maxNodeInfos: number;
  /** Of each NodeInfo's raw bytes. */
  readonly nodeInfo: BlobLimits;
}

/** Enough for 20,000 nodes of the usual kind. */
export const defaultBulkLimits: BulkLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxDepth: defaultBlobLimits.maxDepth,
  maxValues: 2_000_000,
  maxNodeInfos: 100_000,
  nodeInfo: defaultBlobLimits,
};

/**
 * Reads a bulk answer in Corda's serialization. A NodeInfo that cannot be read harms no other.
 * @throws NetworkMapError MAP_FORMAT when the answer as a whole cannot be read
 */
export function readBulk(blob: Uint8Array, limits: BulkLimits = defaultBulkLimits): BulkAnswer {
  const [map, values] = refusing('map', () => partsOf(blob, limits));
  const nodeInfos: SignedNodeInfo[] = [];
  const unreadable = new Map<number, NetmapError>();
  for (const [place, value] of values.entries()) {
    try {
      nodeInfos.push(signedNodeInfoOf(value, limits.nodeInfo));
    } catch (error) {
      if (!(error instanceof NetmapError)) throw error;
      unreadable.set(place, error as NetmapError);
    }
  }
  return { map, nodeInfos, unreadable };
}

/**
 * Writes a bulk answer of what was signed before.
 * @throws CordaBlobError CORDA_BLOB_NOT_WRITABLE
 */
export function writeBulk(map: SignedParts, nodeInfos: readonly SignedNodeInfoParts[]): Buffer {
  const first = signedDocumentToCorda(map);
  return encodeCordaBlob(cordaObject('kotlin.Pair', { first, second: nodeInfos.map(signedNodeInfoToCorda) }));
}

function partsOf(blob: Uint8Array, limits: BulkLimits): [SignedDocument<'map'>, CordaValue[]] {
  const pair = objectOf(decodeCordaBlob(blob, limits), 'kotlin.Pair');
  return [signedDocumentOf('map', fieldOf(pair, 'first')), listField(pair, 'second', limits.maxNodeInfos)];
}
