import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseCertificates, type Certificate } from '../certificates/certificate';
import { X500Name } from '../certificates/x500-name';
import type { SecretRef } from '../config/config';
import { ConfigError } from '../config/config-error';
import { readSecret } from '../config/read-secret';
import { readSchema } from '../config/schema-file';
import { schemaValidator } from '../config/schema-validator';
import type { Secret } from '../config/secret';
import { readYamlFile } from '../config/yaml-file';
import { messageOf } from '../lib/errors';
import type { DocumentSigner } from '../network-map/sign-document';
import type { ParametersSettings } from './parameters-settings';
import type { UpdateSettings } from './parameters-plan';

interface KeyAndChain {
  readonly key: SecretRef;
  readonly chain: string;
}

interface ParametersSection {
  readonly minimumPlatformVersion: number;
  readonly notaries: readonly { readonly certificate: string; readonly validating: boolean }[];
  readonly maxMessageSize: number;
  readonly maxTransactionSize: number;
  readonly eventHorizonHours: number;
  readonly whitelistedContractImplementations: Readonly<Record<string, readonly string[]>>;
  readonly packageOwnership: Readonly<Record<string, string>>;
}

interface MapServiceDocument {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls?: KeyAndChain;
  readonly trustedProxies: readonly string[];
  readonly operator?: { readonly port: number; readonly token: SecretRef };
  readonly state: string;
  readonly roots: string;
  readonly mapSigner: KeyAndChain;
  readonly parametersSigner?: KeyAndChain;
  readonly pollSeconds: number;
  readonly signSeconds: number;
  readonly limits: {
    readonly nodes: number;
    readonly bodyBytes: number;
    readonly requestsPerMinute: number;
    readonly publishesPerMinute: number;
  };
  readonly parameters: ParametersSection;
  readonly update?: { readonly description: string; readonly deadline: string; readonly parameters: ParametersSection };
  readonly privateMaps: readonly { readonly id: string; readonly members: readonly string[] }[];
}

/** Where the operator's entrance is, and what opens it. */
export interface OperatorConfig {
  readonly port: number;
  readonly token: Secret;
}

/** The settings of a map service, the files that they name read. */
export interface MapServiceConfig extends Pick<
  MapServiceDocument,
  'listen' | 'trustedProxies' | 'pollSeconds' | 'signSeconds' | 'limits'
> {
  /** Absolute. */
  readonly state: string;
  readonly tls?: { readonly key: Secret; readonly chain: string };
  readonly operator?: OperatorConfig;
  readonly roots: readonly Certificate[];
  readonly mapSigner: DocumentSigner;
  readonly parametersSigner: DocumentSigner;
  readonly parameters: ParametersSettings;
  readonly update?: UpdateSettings;
  readonly privateMaps: ReadonlyMap<string, readonly X500Name[]>;
}

const HOUR_MS = 3_600_000;

/** Where a service keeps its state, and its operator's entrance: what is read without the keys that sign. */
export interface OperatorAccess {
  /** Absolute. */
  readonly state: string;
  readonly operator?: OperatorConfig;
}

/** @throws ConfigError, with every problem of the file's form */
export async function loadOperatorAccess(path: string): Promise<OperatorAccess> {
  const { document, at } = await readDocument(path);
  return accessOf(document, at);
}

/** @throws ConfigError, with every problem of the file's form or the first file that cannot be used */
export async function loadMapServiceConfig(path: string): Promise<MapServiceConfig> {
  const { file, document, at } = await readDocument(path);
  const { listen, trustedProxies, pollSeconds, signSeconds, limits, tls, update } = document;
  const signerOf = async ({ key, chain }: KeyAndChain): Promise<DocumentSigner> => {
    return { privateKey: (await readSecret(secretAt(key, at))).reveal(), chain: await certificatesIn(at(chain)) };
  };
  const mapSigner = await signerOf(document.mapSigner);
  return {
    ...{ listen, trustedProxies, pollSeconds, signSeconds, limits },
    ...(await accessOf(document, at)),
    ...(tls === undefined
      ? {}
      : { tls: { key: await readSecret(secretAt(tls.key, at)), chain: await textOf(at(tls.chain)) } }),
    roots: await certificatesIn(at(document.roots)),
    mapSigner,
    parametersSigner: document.parametersSigner === undefined ? mapSigner : await signerOf(document.parametersSigner),
    parameters: await parametersAt(document.parameters, at),
    ...(update === undefined
      ? {}
      : {
          update: {
            description: update.description,
            deadline: Date.parse(update.deadline),
            parameters: await parametersAt(update.parameters, at),
          },
        }),
    privateMaps: new Map(
      document.privateMaps.map(({ id, members }) => [id, members.map((name) => nameIn(file, name))]),
    ),
  };
}

type Resolve = (path: string) => string;

async function readDocument(
  path: string,
): Promise<{ readonly file: string; readonly document: MapServiceDocument; readonly at: Resolve }> {
  const yaml = await readYamlFile(resolve(path), 'configuration of a map service');
  const problems = schemaValidator(readSchema('map-service.schema.json')).check(yaml);
  if (problems.length > 0) throw ConfigError.of('CONFIG_INVALID', problems);
  const at = (relative: string): string => resolve(dirname(yaml.file), relative);
  return { file: yaml.file, document: yaml.value as MapServiceDocument, at };
}

async function accessOf({ state, operator }: MapServiceDocument, at: Resolve): Promise<OperatorAccess> {
  if (operator === undefined) return { state: at(state) };
  const token = await readSecret(secretAt(operator.token, at));
  return { state: at(state), operator: { port: operator.port, token } };
}

async function parametersAt(section: ParametersSection, at: Resolve): Promise<ParametersSettings> {
  const { notaries, eventHorizonHours, whitelistedContractImplementations, packageOwnership, ...others } = section;
  const owners = Object.entries(packageOwnership).map(async ([name, path]): Promise<[string, Uint8Array]> => {
    return [name, (await certificatesIn(at(path)))[0].publicKey];
  });
  return {
    ...others,
    eventHorizon: eventHorizonHours * HOUR_MS,
    notaries: await Promise.all(
      notaries.map(async ({ certificate, validating }) => {
        return { certificate: (await certificatesIn(at(certificate)))[0], validating };
      }),
    ),
    whitelistedContractImplementations: new Map(Object.entries(whitelistedContractImplementations)),
    packageOwnership: new Map(await Promise.all(owners)),
  };
}

function secretAt(ref: SecretRef, at: Resolve): SecretRef {
  return ref.file === undefined ? ref : { file: at(ref.file) };
}

async function certificatesIn(path: string): Promise<[Certificate, ...Certificate[]]> {
  const text = await textOf(path);
  try {
    const [first, ...others] = parseCertificates(text);
    if (first !== undefined) return [first, ...others];
  } catch (cause) {
    throw unreadable(`${path} cannot be read: ${messageOf(cause)}`, cause);
  }
  throw unreadable(`${path} holds no certificate`);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unreadable(`${path} cannot be read: ${messageOf(cause)}`, cause);
  }
}

function nameIn(file: string, text: string): X500Name {
  try {
    return X500Name.parse(text);
  } catch (cause) {
    throw unreadable(`${file} names a member of a private map that is no name: ${messageOf(cause)}`, cause);
  }
}

function unreadable(message: string, cause?: unknown): ConfigError {
  return ConfigError.because('CONFIG_UNREADABLE', message, 'correct the setting or the file that it names', cause);
}
