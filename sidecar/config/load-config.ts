import { dirname, join, resolve } from 'node:path';
import type {
  BrokerConfig,
  Config,
  HttpConfig,
  KeyAndChainConfig,
  ListenConfig,
  NetworkMapSourceConfig,
  NodeConfig,
  RevocationConfig,
  RpcListenConfig,
  SourceConfig,
  SecretRef,
} from './config';
import { ConfigError } from './config-error';
import { checkRules } from './rules';
import { readSchema } from './schema-file';
import { schemaValidator, type SchemaValidator } from './schema-validator';
import { parseYaml, readYamlFile, type YamlFile } from './yaml-file';

/** What the file holds once its schema is satisfied: as Config, but paths still as written. */
type ConfigDocument = Omit<Config, 'file' | 'management' | 'certificates' | 'sources'> & {
  readonly management: Partial<ListenConfig>;
  readonly certificates?: Config['certificates'];
  readonly sources?: Config['sources'];
};

/**
 * Reads and checks the configuration of one node. Secrets and other files that it names are not read.
 * @throws ConfigError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_SYNTAX or CONFIG_INVALID, with every problem
 */
export async function loadConfig(path: string): Promise<Config> {
  return toConfig(await readYamlFile(resolve(path), 'configuration'));
}

/** As `loadConfig`, from text; `path` is the file that it stands for. */
export function parseConfig(path: string, text: string): Config {
  return toConfig(parseYaml(resolve(path), text));
}

let validator: SchemaValidator | undefined;

function toConfig(yaml: YamlFile): Config {
  validator ??= schemaValidator(readSchema('netmap.schema.json'));
  const problems = validator.check(yaml);
  if (problems.length > 0) throw ConfigError.of('CONFIG_INVALID', problems);
  const config = complete(yaml.file, yaml.value as ConfigDocument);
  const broken = checkRules(yaml, config);
  if (broken.length > 0) throw ConfigError.of('CONFIG_INVALID', broken);
  return config;
}

function complete(file: string, document: ConfigDocument): Config {
  const folder = dirname(file);
  const at = (path: string): string => resolve(folder, path);
  const secretAt = (ref: SecretRef): SecretRef => (ref.file === undefined ? ref : { file: at(ref.file) });
  const { acceptors, rpc, sources = [] } = document;
  const certificates = document.certificates ?? ofAuthority(document.node.authority ?? '');
  const sourceAt = (source: SourceConfig): SourceConfig => ({
    ...(source.directory && { directory: { ...source.directory, path: at(source.directory.path) } }),
    ...(source.networkMap && { networkMap: networkMapAt(source.networkMap) }),
  });
  return {
    ...document,
    file,
    node: nodeAt(document.node),
    certificates: {
      ...{ key: secretAt(certificates.key), chain: at(certificates.chain), roots: at(certificates.roots) },
      ...(certificates.revocation && { revocation: revocationAt(certificates.revocation) }),
    },
    sources: sources.map(sourceAt),
    broker: brokerAt(document.broker, at),
    acceptors: { ...acceptors, rpc: { ...acceptors.rpc, tls: tlsAt(acceptors.rpc.tls) } },
    management: { ...reachable(acceptors.node), ...document.management },
    rpc: rpc.users === undefined ? {} : { users: at(rpc.users) },
    state: at(document.state),
    ...(document.http && { http: httpAt(document.http) }),
  };

  function httpAt({ operator, ...http }: HttpConfig): HttpConfig {
    return operator === undefined ? http : { ...http, operator: { password: secretAt(operator.password) } };
  }

  function tlsAt(tls: RpcListenConfig['tls']): RpcListenConfig['tls'] {
    return typeof tls === 'string' ? tls : keyAndChainAt(tls);
  }

  function keyAndChainAt({ key, chain }: KeyAndChainConfig): KeyAndChainConfig {
    return { key: secretAt(key), chain: at(chain) };
  }

  function nodeAt({ nodeInfo, publish, authority }: NodeConfig): NodeConfig {
    if (authority !== undefined) return { authority: at(authority) };
    if (publish === undefined) return nodeInfo === undefined ? {} : { nodeInfo: at(nodeInfo) };
    const [own, ...services] = publish.identities;
    return { publish: { ...publish, identities: [keyAndChainAt(own), ...services.map(keyAndChainAt)] } };
  }

  function revocationAt({ lists, issuers, ...revocation }: RevocationConfig): RevocationConfig {
    return {
      ...revocation,
      lists: lists.map(({ file, url, trust }) => ({
        ...(file === undefined ? {} : { file: at(file) }),
        ...(url === undefined ? {} : { url }),
        ...(trust === undefined ? {} : { trust: at(trust) }),
      })),
      ...(issuers === undefined ? {} : { issuers: at(issuers) }),
    };
  }

  function networkMapAt(networkMap: NetworkMapSourceConfig): NetworkMapSourceConfig {
    return networkMap.trust === undefined ? networkMap : { ...networkMap, trust: at(networkMap.trust) };
  }
}

/** As the scripts of the network call the files. */
function ofAuthority(folder: string): Config['certificates'] {
  const at = (name: string): string => join(folder, name);
  return { key: { file: at('server.key') }, chain: at('server.crt'), roots: at('root-ca.crt') };
}

function brokerAt(broker: BrokerConfig, at: (path: string) => string): BrokerConfig {
  return {
    ...broker,
    instance: at(broker.instance),
    ...(broker.data === undefined ? {} : { data: at(broker.data) }),
    ...(broker.home === undefined ? {} : { home: at(broker.home) }),
    ...(broker.java === undefined ? {} : { java: at(broker.java) }),
    ...(broker.base === undefined ? {} : { base: at(broker.base) }),
  };
}

/** Where to connect to what listens there: an acceptor on every interface is reached on the loopback one. */
function reachable(listen: ListenConfig): ListenConfig {
  const loopback: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return { host: loopback[listen.host] ?? listen.host, port: listen.port };
}
