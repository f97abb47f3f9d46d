import { join } from 'node:path';

/** Where everything of a development network lies. */
export interface NetworkFiles {
  readonly folder: string;
  /** Folder of what the network's operator holds: keys and certificates of root and doorman, services. */
  readonly network: string;
  /** Folder with a folder a node, named after its alias. */
  readonly nodes: string;
  readonly rootKey: string;
  readonly root: string;
  readonly doormanKey: string;
  /** The doorman's certificate and the root's. */
  readonly doorman: string;
  /** Folder with `ALIAS-key.pem` and `ALIAS.pem` (chain) a service. */
  readonly services: string;
}

export function networkFiles(folder: string): NetworkFiles {
  const network = join(folder, 'network');
  return {
    folder,
    network,
    nodes: join(folder, 'nodes'),
    rootKey: join(network, 'root-key.pem'),
    root: join(network, 'root.pem'),
    doormanKey: join(network, 'doorman-key.pem'),
    doorman: join(network, 'doorman.pem'),
    services: join(network, 'services'),
  };
}

/** Where everything of one node lies; keys and the password are for its owner's eyes only. */
export interface NodeFiles {
  readonly folder: string;
  /** Configuration for `netmap`. */
  readonly config: string;
  /** The node's own NodeInfo, JSON. */
  readonly nodeInfo: string;
  /** The node's own copy of the network map: a folder of NodeInfos, `ALIAS.json` each. */
  readonly map: string;
  readonly tlsKey: string;
  /** TLS certificate, node CA, doorman, root. */
  readonly tlsChain: string;
  readonly identityKey: string;
  /** Identity certificate, node CA, doorman, root. */
  readonly identityChain: string;
  readonly nodeCaKey: string;
  readonly roots: string;
  readonly rpcUsers: string;
  /** Password of the RPC user "operator". */
  readonly operatorPassword: string;
}

/** The file name of a node's NodeInfo in a network map. */
export function mapFileName(alias: string): string {
  return `${alias}.json`;
}

/** `folder` may be '' for paths from the node's own folder. */
export function nodeFiles(folder: string): NodeFiles {
  const certificates = join(folder, 'certificates');
  return {
    folder,
    config: join(folder, 'netmap.yaml'),
    nodeInfo: join(folder, 'node-info.json'),
    map: join(folder, 'additional-node-infos'),
    tlsKey: join(certificates, 'tls-key.pem'),
    tlsChain: join(certificates, 'tls-chain.pem'),
    identityKey: join(certificates, 'identity-key.pem'),
    identityChain: join(certificates, 'identity-chain.pem'),
    nodeCaKey: join(certificates, 'node-ca-key.pem'),
    roots: join(certificates, 'roots.pem'),
    rpcUsers: join(folder, 'rpc-users.yaml'),
    operatorPassword: join(folder, 'operator-password'),
  };
}
