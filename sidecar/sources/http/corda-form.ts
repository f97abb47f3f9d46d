import { readBulk } from '../../network-map/bulk';
import { encodeCordaBlob } from '../../network-map/corda-blob/encode';
import { signedNodeInfoToCorda } from '../../network-map/node-info-blob';
import { readSignedMap, readSignedParameters } from '../../network-map/signed-document';
import { readSignedNodeInfo } from '../../network-map/signed-node-info';
import { verifySignedMap, verifySignedParameters } from '../../network-map/verify-document';
import { verifyNodeInfo } from '../../network-map/verify-node-info';
import type { MapForm } from './map-form';

/** Corda's own serialization. */
export const cordaForm: MapForm = {
  mediaType: 'application/octet-stream',
  async readMap(bytes, trust) {
    return (await verifySignedMap(readSignedMap(bytes), trust)).document;
  },
  async readParameters(bytes, hash, trust) {
    return (await verifySignedParameters(readSignedParameters(bytes), { ...trust, hash })).document;
  },
  readNodeInfo: (bytes) => ({ bytes, signed: readSignedNodeInfo(bytes) }),
  readNodeInfos: (bytes) =>
    readBulk(bytes).nodeInfos.map((signed) => ({ bytes: encodeCordaBlob(signedNodeInfoToCorda(signed)), signed })),
  verify: verifyNodeInfo,
};
