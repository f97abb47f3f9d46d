import { cordaForm } from '../../../sidecar/sources/http/corda-form';
import type { MapForm } from '../../../sidecar/sources/http/map-form';
import { bytesKey, remembered } from './remembered';

function rememberedSync<Result>(run: (bytes: Uint8Array) => Result): (bytes: Uint8Array) => Result {
  const known = new Map<string, Result>();
  return (bytes) => {
    const key = bytesKey(bytes);
    const result = known.get(key) ?? run(bytes);
    known.set(key, result);
    return result;
  };
}

const verified = new WeakMap<object, ReturnType<MapForm['verify']>>();

/** Corda's form of the documents, by the product's own code. */
export const rememberedForm: MapForm = {
  mediaType: cordaForm.mediaType,
  readMap: remembered(
    (bytes, trust) => cordaForm.readMap(bytes, trust),
    (bytes) => bytesKey(bytes),
  ),
  readParameters: remembered(
    (bytes, hash, trust) => cordaForm.readParameters(bytes, hash, trust),
    (bytes, hash) => `${hash} ${bytesKey(bytes)}`,
  ),
  readNodeInfo: rememberedSync((bytes) => cordaForm.readNodeInfo(bytes)),
  readNodeInfos: rememberedSync((bytes) => cordaForm.readNodeInfos(bytes)),
  verify(signed, trust) {
    const result = verified.get(signed) ?? cordaForm.verify(signed, trust);
    verified.set(signed, result);
    return result;
  },
};
