import { NetmapError } from '../lib/errors';
import { isCordaBlob } from '../network-map/corda-blob/sections';
import { readNodeInfoJson } from '../network-map/node-info-json';
import { readSignedNodeInfo } from '../network-map/signed-node-info';
import type { Trust } from '../network-map/trust';
import { verifyNodeInfo } from '../network-map/verify-node-info';
import { entryOf, type Entry } from './entry';
import { Refusal } from './refusal';

/**
 * Reads and verifies what a node has posted as its NodeInfo, in either form.
 * @throws Refusal SUBMISSION_REFUSED (as a rejection), with the NodeInfoError or CordaBlobError as its cause
 */
export async function readSubmission(bytes: Uint8Array, trust: Trust): Promise<Entry> {
  return refusing(async () => {
    const form = isCordaBlob(bytes) ? 'corda' : 'json';
    const signed = form === 'corda' ? readSignedNodeInfo(bytes) : readNodeInfoJson(bytes);
    return entryOf(await verifyNodeInfo(signed, trust), signed, form, bytes);
  });
}

/** Makes an error about what was posted a refusal of it. */
export async function refusing<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof NetmapError) || cause instanceof Refusal) throw cause;
    throw new Refusal('SUBMISSION_REFUSED', `${String(cause.code)}: ${cause.message}`, cause);
  }
}
