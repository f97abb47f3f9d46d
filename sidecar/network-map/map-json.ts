import { formatInstant } from './instant';
import { checkJson, instantFromJson, readJson, shippedValidator } from './json-form';
import type { NetworkMapDocument } from './network-map';

/** The payload of a map's JWS, as broker-config/schemas/network-map.schema.json describes it. */
interface MapPayload {
  readonly version: 1;
  readonly nodeInfoHashes: readonly string[];
  readonly networkParameterHash: string;
  readonly parametersUpdate?: { readonly hash: string; readonly description: string; readonly deadline: string };
}

const isPayload = shippedValidator<MapPayload>('network-map.schema.json');

/** @throws JsonFormError */
export function mapToJson(map: NetworkMapDocument): Buffer {
  const { nodeInfoHashes, networkParameterHash, parametersUpdate: update } = map;
  const payload = {
    version: 1,
    nodeInfoHashes,
    networkParameterHash,
    ...(update === undefined ? {} : { parametersUpdate: { ...update, deadline: formatInstant(update.deadline) } }),
  };
  return Buffer.from(JSON.stringify(checkJson(payload, isPayload(), 'the payload')));
}

/** @throws JsonFormError */
export function mapFromJson(raw: Uint8Array): NetworkMapDocument {
  const { nodeInfoHashes, networkParameterHash, parametersUpdate: update } = readJson(raw, isPayload(), 'the payload');
  if (update === undefined) return { nodeInfoHashes, networkParameterHash };
  const parametersUpdate = { ...update, deadline: instantFromJson(update.deadline, 'the deadline') };
  return { nodeInfoHashes, networkParameterHash, parametersUpdate };
}
