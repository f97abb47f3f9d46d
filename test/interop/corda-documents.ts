import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../sidecar/lib/package-root';
import type { ExpectedCertificate } from './corda-node-infos';

const folder = join(packageRoot(), 'test', 'fixtures', 'corda');

/** A network map as the Corda code that wrote it saw it. */
export interface ExpectedMap {
  readonly file: string;
  readonly rawHash: string;
  readonly nodeInfoHashes: readonly string[];
  readonly networkParameterHash: string;
  readonly parametersUpdate?: {
    readonly newParametersHash: string;
    readonly description: string;
    readonly updateDeadline: string;
  };
  readonly signature: string;
  readonly signer: ExpectedCertificate;
}

/** Network parameters likewise. */
export interface ExpectedParameters {
  readonly rawHash: string;
  readonly rawHash2: string;
  readonly minimumPlatformVersion: number;
  readonly maxMessageSize: number;
  readonly maxTransactionSize: number;
  readonly modifiedTime: string;
  readonly epoch: number;
  readonly notaries: readonly { readonly name: string; readonly validating: boolean; readonly keyEncodedHex: string }[];
  readonly whitelistedContractImplementations: Readonly<Record<string, readonly string[]>>;
  readonly packageOwnership: Readonly<Record<string, string>>;
  readonly signature: string;
  readonly signer: ExpectedCertificate;
}

export const expectedDocuments = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
  readonly networkMaps: readonly ExpectedMap[];
  readonly networkParameters: ExpectedParameters;
};

/** A document that Corda wrote: network-map-1, network-map-2, network-parameters, network-parameters-2, node-infos-bulk. */
export const documentBytes = (name: string): Buffer => readFileSync(join(folder, name));
