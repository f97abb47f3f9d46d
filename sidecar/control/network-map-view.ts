import { identityId } from '../certificates/keys';
import { formatInstant } from '../network-map/instant';
import type { NetworkParametersDocument } from '../network-map/network-parameters';
import type { HeldMap, MapFailure, NetworkMapStatus } from '../sources/http/map-status';
import type { PublishStatus } from './publisher';

/** The network map service as `netmap status` shows it; times are milliseconds since the epoch unless told otherwise. */
export interface NetworkMapView {
  readonly url: string;
  /** Since when no map could be had that is in order; absent when all is well, or a map waits for the operator. */
  readonly failingSince?: number;
  /** Why not, as of the last attempt; absent where `failingSince` is. */
  readonly failure?: MapFailure;
  readonly stale: number;
  readonly parameters?: ParametersView;
  readonly update?: UpdateView;
  /** Hash of network parameters that the newest map asks for and that are not accepted. */
  readonly unaccepted?: string;
  readonly held?: HeldMap;
  /** Absent where nothing is published. */
  readonly publishing?: PublishStatus;
}

export interface ParametersView {
  readonly hash: string;
  readonly epoch: number;
  /** RFC 3339. */
  readonly modifiedTime: string;
  readonly minimumPlatformVersion: number;
  /** Bytes. */
  readonly maxMessageSize: number;
  readonly maxTransactionSize: number;
  readonly eventHorizonMs: number;
  readonly notaries: readonly { readonly name: string; readonly id: string; readonly validating: boolean }[];
  /** Hashes of the attachments that may hold each contract class. */
  readonly whitelistedContractImplementations: Readonly<Record<string, readonly string[]>>;
  /** Ids of the keys that own each Java package. */
  readonly packageOwnership: Readonly<Record<string, string>>;
}

export interface UpdateView {
  readonly hash: string;
  readonly description: string;
  readonly deadline: number;
  readonly isAccepted: boolean;
  readonly isAcknowledged: boolean;
  readonly problem?: string;
  readonly parameters?: ParametersView;
}

export function networkMapView(status: NetworkMapStatus, publishing: PublishStatus | undefined): NetworkMapView {
  const { url, failingSince, failure, stale, parameters, update, unaccepted, held } = status;
  return {
    url,
    stale,
    ...(failingSince === undefined ? {} : { failingSince }),
    ...(failure === undefined ? {} : { failure }),
    ...(parameters === undefined ? {} : { parameters: parametersView(parameters.hash, parameters.document) }),
    ...(update === undefined ? {} : { update: updateView(update) }),
    ...(unaccepted === undefined ? {} : { unaccepted }),
    ...(held === undefined ? {} : { held }),
    ...(publishing === undefined ? {} : { publishing }),
  };
}

function updateView({ document, ...update }: NonNullable<NetworkMapStatus['update']>): UpdateView {
  return { ...update, ...(document === undefined ? {} : { parameters: parametersView(update.hash, document) }) };
}

function parametersView(hash: string, document: NetworkParametersDocument): ParametersView {
  const { epoch, minimumPlatformVersion, maxMessageSize, maxTransactionSize, eventHorizon, modifiedTime } = document;
  const { notaries, whitelistedContractImplementations, packageOwnership } = document;
  return {
    hash,
    epoch,
    modifiedTime: formatInstant(modifiedTime),
    minimumPlatformVersion,
    maxMessageSize,
    maxTransactionSize,
    eventHorizonMs: eventHorizon,
    notaries: notaries.map(({ name, publicKey, validating }) => {
      return { name: name.toCorda(), id: identityId(publicKey), validating };
    }),
    whitelistedContractImplementations: Object.fromEntries(whitelistedContractImplementations),
    packageOwnership: Object.fromEntries([...packageOwnership].map(([name, key]) => [name, identityId(key)])),
  };
}
