import { messageOf, NetmapError } from '../../lib/errors';
import { readNodeInfoJson } from '../../network-map/node-info-json';
import { readSignedMap, readSignedParameters } from '../../network-map/signed-document';
import { verifySignedMap, verifySignedParameters } from '../../network-map/verify-document';
import { verifyNodeInfo } from '../../network-map/verify-node-info';
import type { MapForm, ServedNodeInfo } from './map-form';
import { MapServiceError } from './map-service-error';

/** JSON: each document a JWS; all NodeInfos at once are the member `nodeInfos` of an object. */
export const jsonForm: MapForm = {
  mediaType: 'application/json',
  async readMap(bytes, trust) {
    return (await verifySignedMap(readSignedMap(bytes), trust)).document;
  },
  async readParameters(bytes, hash, trust) {
    return (await verifySignedParameters(readSignedParameters(bytes), { ...trust, hash })).document;
  },
  readNodeInfo: served,
  readNodeInfos(bytes) {
    const values = nodeInfosOf(bytes);
    return values.flatMap((value) => {
      try {
        return [served(Buffer.from(JSON.stringify(value)))];
      } catch (error) {
        // It is asked for alone later, and then it is told.
        if (error instanceof NetmapError) return [];
        throw error;
      }
    });
  },
  verify: verifyNodeInfo,
};

function served(bytes: Uint8Array): ServedNodeInfo {
  return { bytes, signed: readNodeInfoJson(bytes) };
}

function nodeInfosOf(bytes: Uint8Array): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new MapServiceError('MAP_SERVICE_ANSWER', `the NodeInfos are not JSON: ${messageOf(cause)}`, cause);
  }
  const found = typeof value === 'object' && value !== null && 'nodeInfos' in value ? value.nodeInfos : undefined;
  if (Array.isArray(found)) return found;
  throw new MapServiceError('MAP_SERVICE_ANSWER', 'the answer with all NodeInfos has no list nodeInfos');
}
