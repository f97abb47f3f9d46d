import { createPrivateKey } from 'node:crypto';
import { encodeCordaBlob } from '../../../sidecar/network-map/corda-blob/encode';
import { mapCodec, rawOf } from '../../../sidecar/network-map/document-codec';
import type { NetworkMapDocument } from '../../../sidecar/network-map/network-map';
import { signedDocumentToCorda, signMap, type DocumentSigner } from '../../../sidecar/network-map/sign-document';
import { readSignedMap } from '../../../sidecar/network-map/signed-document';
import { signBytes } from '../../../sidecar/network-map/signing-key';
import { readMap } from '../../../sidecar/network-map/verify-document';
import type { Answer } from '../../../sidecar/sources/http/exchange';
import { MapServiceError } from '../../../sidecar/sources/http/map-service-error';
import type { NodePool } from './node-pool';
import { bytesKey, remembered } from './remembered';
import { answer } from './service-door';

/**
 * What may be wrong between nodes and their service:
 * - unreachable: no connection; answer-lost: the service hears, and its answer is lost; stuck: it says nothing for 30 s
 * - status: it answers 500; page: it answers with a page for people
 * - half, garbage: maps are cut short, or noise
 * - foreign-signer: maps that name nobody, signed by the map signer of another network
 * - wrong-role: such maps signed by a node of this one
 * - old: the service gives a map of before, with its headers of then
 * - wrong-node-info: for each NodeInfo the one of somebody else; no-node-info: none is there
 */
export const FAULTS = [
  'unreachable',
  'answer-lost',
  'stuck',
  'status',
  'page',
  'half',
  'garbage',
  'foreign-signer',
  'wrong-role',
  'old',
  'wrong-node-info',
  'no-node-info',
] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** For `old`: what is given. */
  readonly old?: Answer;
}

/** Whether nodes cannot publish as long as this is so. */
export function stopsPublishing(kind: FaultKind): boolean {
  return ['unreachable', 'answer-lost', 'stuck', 'status'].includes(kind);
}

export const SILENCE_MS = 30_000;

export function unreachable(): Error {
  return new MapServiceError('MAP_SERVICE_UNREACHABLE', 'the connection failed');
}

export function timedOut(): Error {
  return new MapServiceError('MAP_SERVICE_TIMEOUT', 'nothing was said for 30 s');
}

/** What becomes of the map that is served on its way to a node; undefined where the fault is not about maps. */
export async function faultyMap({ kind, old }: Fault, served: Answer, pool: NodePool): Promise<Answer | undefined> {
  const { body } = served;
  switch (kind) {
    case 'half':
      return answer(200, body.subarray(0, body.length / 2), { etag: '"half"' });
    case 'garbage':
      return answer(200, Buffer.from(body.toReversed()), { etag: '"garbage"' });
    case 'foreign-signer':
      return answer(200, await foreignMap(body, pool.foreignSigner), { etag: '"foreign"' });
    case 'wrong-role':
      return answer(200, await signedAnew(body, pool.nodes[0].credential), { etag: '"role"' });
    case 'old':
      return old;
    default:
      return undefined;
  }
}

const foreignMap = remembered(
  async (bytes: Buffer, signer: DocumentSigner) => (await signMap(lessened(bytes), signer, 'corda')).bytes,
  (bytes) => bytesKey(bytes),
);

/** Signed without a look at the role of who signs. */
const signedAnew = remembered(
  async (bytes: Buffer, { privateKey, chain }: DocumentSigner) => {
    const raw = rawOf(mapCodec, lessened(bytes), 'corda');
    const signature = {
      bytes: signBytes(createPrivateKey(privateKey), raw),
      certificates: chain.map(({ der }) => der),
    };
    return encodeCordaBlob(signedDocumentToCorda({ raw, signature }));
  },
  (bytes) => bytesKey(bytes),
);

/** One node less, which no brake would hold. */
function lessened(bytes: Uint8Array): NetworkMapDocument {
  const document = readMap(readSignedMap(bytes));
  return { ...document, nodeInfoHashes: document.nodeInfoHashes.slice(1) };
}

/** The hashes of a map. */
export function hashesOf(bytes: Uint8Array): ReadonlySet<string> {
  const key = bytesKey(bytes);
  const found = hashes.get(key) ?? new Set(readMap(readSignedMap(bytes)).nodeInfoHashes);
  hashes.set(key, found);
  return found;
}

const hashes = new Map<string, ReadonlySet<string>>();
