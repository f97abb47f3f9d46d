import type { CordaObject, CordaValue } from './corda-blob/corda-value';
import { booleanField, fieldOf, intField, listField, listOf, objectOf } from './corda-blob/fields';
import * as corda from './corda-values';
import type { NetworkParametersDocument, NotaryInfo } from './network-parameters';

const networkParameters = 'net.corda.core.node.NetworkParameters';
const notaryInfo = 'net.corda.core.node.NotaryInfo';
const party = 'net.corda.core.identity.Party';

/** @throws X500NameError for a notary whose name Corda does not allow */
export function parametersToCorda(parameters: NetworkParametersDocument): CordaObject {
  const { minimumPlatformVersion, maxMessageSize, maxTransactionSize, epoch, modifiedTime, eventHorizon } = parameters;
  const { notaries, packageOwnership, whitelistedContractImplementations } = parameters;
  return corda.cordaObject(networkParameters, {
    minimumPlatformVersion,
    maxMessageSize,
    maxTransactionSize,
    epoch,
    modifiedTime: corda.instantToCorda(modifiedTime),
    eventHorizon: corda.durationToCorda(eventHorizon),
    notaries: notaries.map(notaryToCorda),
    packageOwnership: corda.textMapToCorda(packageOwnership, corda.publicKeyToCorda),
    whitelistedContractImplementations: corda.textMapToCorda(whitelistedContractImplementations, (hashes) =>
      hashes.map(corda.hashToCorda),
    ),
  });
}

/** @throws CordaBlobError, X500NameError */
export function parametersFromCorda(value: CordaValue): NetworkParametersDocument {
  const parameters = objectOf(value, networkParameters);
  const whitelist = fieldOf(parameters, 'whitelistedContractImplementations');
  return {
    minimumPlatformVersion: intField(parameters, 'minimumPlatformVersion'),
    notaries: listField(parameters, 'notaries').map(notaryFromCorda),
    maxMessageSize: intField(parameters, 'maxMessageSize'),
    maxTransactionSize: intField(parameters, 'maxTransactionSize'),
    modifiedTime: corda.instantFromCorda(fieldOf(parameters, 'modifiedTime')),
    epoch: intField(parameters, 'epoch'),
    whitelistedContractImplementations: corda.textMapFromCorda(whitelist, (hashes) =>
      listOf(hashes).map(corda.hashFromCorda),
    ),
    eventHorizon: corda.durationFromCorda(fieldOf(parameters, 'eventHorizon')),
    packageOwnership: corda.textMapFromCorda(fieldOf(parameters, 'packageOwnership'), corda.publicKeyFromCorda),
  };
}

function notaryToCorda({ name, publicKey, validating }: NotaryInfo): CordaObject {
  const identity = { name: corda.nameToCorda(name), owningKey: corda.publicKeyToCorda(publicKey) };
  return corda.cordaObject(notaryInfo, { identity: corda.cordaObject(party, identity), validating });
}

function notaryFromCorda(value: CordaValue): NotaryInfo {
  const notary = objectOf(value, notaryInfo);
  const identity = objectOf(fieldOf(notary, 'identity'), party);
  return {
    name: corda.nameFromCorda(fieldOf(identity, 'name')),
    publicKey: corda.publicKeyFromCorda(fieldOf(identity, 'owningKey')),
    validating: booleanField(notary, 'validating'),
  };
}
