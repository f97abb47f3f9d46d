import type { Certificate } from '../certificates/certificate';
import { instantOf } from '../network-map/instant';
import type { NetworkParametersDocument } from '../network-map/network-parameters';
import { parametersFromJson, parametersToJson } from '../network-map/parameters-json';
import { checkParameters } from '../network-map/check-parameters';

/** Network parameters as an operator sets them. */
export interface ParametersSettings {
  readonly minimumPlatformVersion: number;
  readonly notaries: readonly { readonly certificate: Certificate; readonly validating: boolean }[];
  /** Bytes. */
  readonly maxMessageSize: number;
  readonly maxTransactionSize: number;
  /** Milliseconds. */
  readonly eventHorizon: number;
  readonly whitelistedContractImplementations: ReadonlyMap<string, readonly string[]>;
  /** By the name of a package: SubjectPublicKeyInfo, DER. */
  readonly packageOwnership: ReadonlyMap<string, Uint8Array>;
}

/**
 * Parameters in JSON, as the registry keeps them.
 * @throws NetworkMapError PARAMETERS_CONTENT for settings that no network can have
 */
export function parametersText(settings: ParametersSettings, epoch: number, modifiedAt: number): string {
  const { notaries, ...others } = settings;
  const document: NetworkParametersDocument = {
    ...others,
    notaries: notaries.map(({ certificate: { subject, publicKey }, validating }) => {
      return { name: subject, publicKey, validating };
    }),
    epoch,
    modifiedTime: instantOf(modifiedAt),
  };
  return parametersToJson(checkParameters(document)).toString('utf8');
}

export function parametersOf(text: string): NetworkParametersDocument {
  return parametersFromJson(Buffer.from(text));
}

/** Whether two texts say the same, but for when they were made. */
export function isSameParameters(one: string, other: string): boolean {
  return ageless(one) === ageless(other);
}

function ageless(text: string): string {
  return parametersToJson({ ...parametersOf(text), epoch: 1, modifiedTime: instantOf(0) }).toString('utf8');
}
