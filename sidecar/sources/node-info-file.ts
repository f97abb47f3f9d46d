import type { Certificate } from '../certificates/certificate';
import type { Clock } from '../lib/clock';
import { validityOf } from '../network-map/node-info-validity';
import { readNodeInfoJson } from '../network-map/node-info-json';
import { readSignedNodeInfo } from '../network-map/signed-node-info';
import { verifyNodeInfo } from '../network-map/verify-node-info';
import type { ReadPeer } from './directory';

/** Reads and verifies NodeInfo files: *.json as JSON, others in Corda's serialization. Rejects with a NetmapError. */
export function nodeInfoFileReader(roots: readonly Certificate[], clock: Clock) {
  return async ({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array }): Promise<ReadPeer> => {
    const signed = name.endsWith('.json') ? readNodeInfoJson(bytes) : readSignedNodeInfo(bytes);
    const peer = await verifyNodeInfo(signed, { roots, at: clock.now() });
    return { peer, validUntil: validityOf(signed.nodeInfo, roots).until };
  };
}
