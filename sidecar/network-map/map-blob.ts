import type { CordaObject, CordaValue } from './corda-blob/corda-value';
import { fieldOf, listField, objectOf, textField } from './corda-blob/fields';
import { cordaObject, hashFromCorda, hashToCorda, instantFromCorda, instantToCorda } from './corda-values';
import type { NetworkMapDocument, ParametersUpdate } from './network-map';

const networkMap = 'net.corda.nodeapi.internal.network.NetworkMap';
const parametersUpdate = 'net.corda.nodeapi.internal.network.ParametersUpdate';

export function mapToCorda(map: NetworkMapDocument): CordaObject {
  const { nodeInfoHashes, networkParameterHash, parametersUpdate: update } = map;
  return cordaObject(networkMap, {
    networkParameterHash: hashToCorda(networkParameterHash),
    nodeInfoHashes: nodeInfoHashes.map(hashToCorda),
    parametersUpdate: update === undefined ? null : updateToCorda(update),
  });
}

/** @throws CordaBlobError */
export function mapFromCorda(value: CordaValue): NetworkMapDocument {
  const map = objectOf(value, networkMap);
  const update = fieldOf(map, 'parametersUpdate');
  return {
    nodeInfoHashes: listField(map, 'nodeInfoHashes').map(hashFromCorda),
    networkParameterHash: hashFromCorda(fieldOf(map, 'networkParameterHash')),
    ...(update === null ? {} : { parametersUpdate: updateFromCorda(update) }),
  };
}

function updateToCorda({ hash, description, deadline }: ParametersUpdate): CordaObject {
  const newParametersHash = hashToCorda(hash);
  return cordaObject(parametersUpdate, { description, newParametersHash, updateDeadline: instantToCorda(deadline) });
}

function updateFromCorda(value: CordaValue): ParametersUpdate {
  const update = objectOf(value, parametersUpdate);
  return {
    hash: hashFromCorda(fieldOf(update, 'newParametersHash')),
    description: textField(update, 'description'),
    deadline: instantFromCorda(fieldOf(update, 'updateDeadline')),
  };
}
