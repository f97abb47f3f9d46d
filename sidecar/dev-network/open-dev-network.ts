import { access, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseCertificates } from '../certificates/certificate';
import { loadConfig } from '../config/load-config';
import { readYamlFile } from '../config/yaml-file';
import { messageOf } from '../lib/errors';
import type { Credential } from './credential';
import type { DevNetwork, DevNode, DevService, NodeCredentials } from './dev-network';
import { DevNetworkError } from './dev-network-error';
import { networkFiles, nodeFiles } from './layout';
import { mapServiceFiles, mapUrl } from './map-service';

/**
 * Reads the development network in a folder.
 * @throws DevNetworkError DEV_NETWORK_MISSING or DEV_NETWORK_DAMAGED
 */
export async function openDevNetwork(folder: string): Promise<DevNetwork> {
  const files = networkFiles(resolve(folder));
  if (!(await isDevNetwork(files.folder))) {
    throw new DevNetworkError('DEV_NETWORK_MISSING', `there is no development network in ${files.folder}`, {
      remedy: 'make one with: netmap dev-network --folder DIR',
    });
  }
  try {
    const [root, doorman, nodeAliases, services, service] = await Promise.all([
      readCredential(files.rootKey, files.root),
      readCredential(files.doormanKey, files.doorman),
      readdir(files.nodes),
      readServices(files.services),
      readMapService(files.network),
    ]);
    const aliases = nodeAliases.filter(isShown).sort();
    return {
      files,
      root,
      doorman,
      services,
      ...service,
      nodes: await Promise.all(aliases.map((each) => readNode(files.nodes, each))),
    };
  } catch (cause) {
    const message = `the development network in ${files.folder} is damaged: ${messageOf(cause)}`;
    throw new DevNetworkError('DEV_NETWORK_DAMAGED', message, { remedy: 'make it again, with --force', cause });
  }
}

/** Whether the keys of a development network lie in a folder. */
export async function isDevNetwork(folder: string): Promise<boolean> {
  const { rootKey, doormanKey } = networkFiles(folder);
  return (await exists(rootKey)) && (await exists(doormanKey));
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** The keys and certificates of a node. Rejects where its files cannot be read. */
export async function readNodeCredentials({ files }: DevNode): Promise<NodeCredentials> {
  const [tls, identity, nodeCa] = await Promise.all([
    readCredential(files.tlsKey, files.tlsChain),
    readCredential(files.identityKey, files.identityChain),
    readCredential(files.nodeCaKey, files.tlsChain),
  ]);
  return { tls, identity, nodeCa: { privateKey: nodeCa.privateKey, chain: above(nodeCa.chain) } };
}

/** A key and the chain that belongs to it. Rejects where they cannot be read. */
export async function readCredential(keyFile: string, chainFile: string): Promise<Credential> {
  const [privateKey, pem] = await Promise.all([readFile(keyFile, 'utf8'), readFile(chainFile, 'utf8')]);
  const [first, ...others] = parseCertificates(pem);
  if (first === undefined) throw new Error(`${chainFile} holds no certificate`);
  return { privateKey, chain: [first, ...others] };
}

function above([leaf, issuer, ...others]: Credential['chain']): Credential['chain'] {
  return issuer === undefined ? [leaf] : [issuer, ...others];
}

async function readNode(folder: string, alias: string): Promise<DevNode> {
  const files = nodeFiles(join(folder, alias));
  const [{ acceptors }, { chain }] = await Promise.all([
    loadConfig(files.config),
    readCredential(files.tlsKey, files.tlsChain),
  ]);
  const { p2p, node, rpc, rpcAdmin } = acceptors;
  const ports = { p2p: p2p.port, node: node.port, rpc: rpc.port, rpcAdmin: rpcAdmin.port };
  return { alias, name: chain[0].subject, ports, files };
}

async function readServices(folder: string): Promise<DevService[]> {
  if (!(await exists(folder))) return [];
  const aliases = (await readdir(folder)).flatMap((name) => /^(.+)-key\.pem$/.exec(name)?.[1] ?? []);
  return Promise.all(
    aliases.sort().map(async (alias) => {
      const credential = await readCredential(join(folder, `${alias}-key.pem`), join(folder, `${alias}.pem`));
      return { alias, name: credential.chain[0].subject, credential };
    }),
  );
}

async function readMapService(network: string): Promise<Pick<DevNetwork, 'mapUrl'>> {
  const { config } = mapServiceFiles(network);
  if (!(await exists(config))) return {};
  const { value } = await readYamlFile(config, 'configuration of a map service');
  const { listen, operator } = value as { listen: { port: number }; operator: { port: number } };
  return { mapUrl: mapUrl({ map: listen.port, operator: operator.port }) };
}

/** Not a file of the operating system's, nor a node that is only half written. */
function isShown(name: string): boolean {
  return !name.startsWith('.');
}
