import type { Certificate } from '../certificates/certificate';
import type { Clock } from '../lib/clock';
import type { Peer } from '../network/peer';
import { readNodeInfoJson } from '../network-map/node-info-json';
import { readSignedNodeInfo } from '../network-map/signed-node-info';
import { verifyNodeInfo } from '../network-map/verify-node-info';

/** Reads and verifies NodeInfo files: *.json as JSON, others in Corda's serialization. Rejects with a NetmapError. */
export function nodeInfoFileReader(roots: readonly Certificate[], clock: Clock) {
  return async ({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array }): Promise<Peer> => {
    const signed = name.endsWith('.json') ? readNodeInfoJson(bytes) : readSignedNodeInfo(bytes);
    return verifyNodeInfo(signed, { roots, at: clock.now() });
  };
}
