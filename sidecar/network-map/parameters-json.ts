import { X500Name } from '../certificates/x500-name';
import { NetmapError } from '../lib/errors';
import { formatInstant } from './instant';
import { checkJson, instantFromJson, JsonFormError, readJson, shippedValidator } from './json-form';
import type { NetworkParametersDocument } from './network-parameters';

/** The payload of parameters' JWS, as broker-config/schemas/network-parameters.schema.json describes it. */
interface ParametersPayload {
  readonly version: 1;
  readonly minimumPlatformVersion: number;
  readonly notaries: readonly { readonly name: string; readonly publicKey: string; readonly validating: boolean }[];
  readonly maxMessageSize: number;
  readonly maxTransactionSize: number;
  readonly modifiedTime: string;
  readonly epoch: number;
  readonly whitelistedContractImplementations: Readonly<Record<string, readonly string[]>>;
  readonly eventHorizon: number;
  readonly packageOwnership: Readonly<Record<string, string>>;
}

const isPayload = shippedValidator<ParametersPayload>('network-parameters.schema.json');

/** @throws JsonFormError */
export function parametersToJson(parameters: NetworkParametersDocument): Buffer {
  const { minimumPlatformVersion, notaries, maxMessageSize, maxTransactionSize, epoch, eventHorizon } = parameters;
  const payload = {
    version: 1,
    minimumPlatformVersion,
    notaries: notaries.map(({ name, publicKey, validating }) => {
      return { name: name.toCorda(), publicKey: toBase64(publicKey), validating };
    }),
    maxMessageSize,
    maxTransactionSize,
    modifiedTime: formatInstant(parameters.modifiedTime),
    epoch,
    whitelistedContractImplementations: Object.fromEntries(parameters.whitelistedContractImplementations),
    eventHorizon,
    packageOwnership: Object.fromEntries([...parameters.packageOwnership].map(([name, key]) => [name, toBase64(key)])),
  };
  return Buffer.from(JSON.stringify(checkJson(payload, isPayload(), 'the payload')));
}

/** @throws JsonFormError */
export function parametersFromJson(raw: Uint8Array): NetworkParametersDocument {
  const payload = readJson(raw, isPayload(), 'the payload');
  const { minimumPlatformVersion, maxMessageSize, maxTransactionSize, epoch, eventHorizon } = payload;
  return {
    minimumPlatformVersion,
    notaries: payload.notaries.map(({ name, publicKey, validating }) => {
      return { name: nameOf(name), publicKey: Buffer.from(publicKey, 'base64'), validating };
    }),
    maxMessageSize,
    maxTransactionSize,
    modifiedTime: instantFromJson(payload.modifiedTime, 'modifiedTime'),
    epoch,
    whitelistedContractImplementations: new Map(Object.entries(payload.whitelistedContractImplementations)),
    eventHorizon,
    packageOwnership: new Map(
      Object.entries(payload.packageOwnership).map(([name, key]) => [name, Buffer.from(key, 'base64')]),
    ),
  };
}

function nameOf(text: string): X500Name {
  try {
    return X500Name.parse(text);
  } catch (cause) {
    if (!(cause instanceof NetmapError)) throw cause;
    throw new JsonFormError(`the name of a notary cannot be read: ${cause.message}`, { cause });
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
