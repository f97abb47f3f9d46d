import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file';
import { messageOf } from '../lib/errors';
import { buildNode, type BuildSettings } from './build-node';
import type { DevNetwork, DevNode } from './dev-network';
import { DevNetworkError } from './dev-network-error';
import { writeTree, type NewFile } from './file-tree';
import { mapFileName, nodeFiles } from './layout';
import { planNodes, type NodeSpec } from './node-spec';
import { credentialsOf, issueMissingServices, serviceFiles } from './services';

/**
 * Makes one more node, unless its ports are given on the lowest free ones of the network. Without a network map service
 * it knows every other node of the network, and none of them knows it until `publishNodeInfo`.
 * @throws DevNetworkError, NodeInfoError NODE_INFO_ADDRESS
 */
export async function addNode(
  network: DevNetwork,
  spec: NodeSpec,
  settings: Omit<BuildSettings, 'mapUrl'>,
): Promise<{ readonly network: DevNetwork; readonly node: DevNode }> {
  const [planned] = planNodes([spec], network.nodes, lowestPort(network.nodes));
  if (planned === undefined) throw new Error('a plan of one node is empty');
  const { alias, name, ports } = planned;
  const issued = issueMissingServices(network, [planned], network, settings);
  const services = [...network.services, ...issued];
  const node: DevNode = { alias, name, ports, files: nodeFiles(join(network.files.nodes, alias)) };
  const { mapUrl } = network;
  const service = mapUrl === undefined ? {} : { mapUrl };
  const built = await buildNode(network, planned, credentialsOf(services, planned), { ...settings, ...service });
  try {
    const known = mapUrl === undefined ? [...(await mapOf(network.nodes)), mapFile(alias, built.nodeInfo)] : [];
    await writeTree(network.files.services, serviceFiles(issued));
    await put(network, node, [...built.files, ...known]);
  } catch (cause) {
    const message = `${name.toCorda()} cannot be added to the development network: ${messageOf(cause)}`;
    throw new DevNetworkError('DEV_NETWORK_UNWRITABLE', message, {
      remedy: 'see what is wrong with the folder',
      cause,
    });
  }
  return { network: { ...network, services, nodes: [...network.nodes, node] }, node };
}

function lowestPort(nodes: readonly DevNode[]): number | undefined {
  return nodes.length === 0 ? undefined : Math.min(...nodes.map(({ ports }) => ports.p2p));
}

/** Puts a node's NodeInfo into the network maps of others, where it replaces an older one of the same node. */
export async function publishNodeInfo(node: DevNode, others: readonly DevNode[]): Promise<void> {
  const nodeInfo = await nodeInfoOf(node);
  for (const { files } of others) await writeFileAtomic(join(files.map, mapFileName(node.alias)), nodeInfo);
}

function mapOf(nodes: readonly DevNode[]): Promise<NewFile[]> {
  return Promise.all(nodes.map(async (node) => mapFile(node.alias, await nodeInfoOf(node))));
}

function nodeInfoOf({ files }: DevNode): Promise<string> {
  return readFile(files.nodeInfo, 'utf8');
}

function mapFile(alias: string, nodeInfo: string): NewFile {
  return { path: join(nodeFiles('').map, mapFileName(alias)), content: nodeInfo };
}

/** The folder appears as a whole, and never in place of another. */
async function put({ files }: DevNetwork, node: DevNode, content: readonly NewFile[]): Promise<void> {
  const aside = await mkdtemp(join(files.nodes, '.new-'));
  try {
    await writeTree(join(aside, node.alias), content);
    await rename(join(aside, node.alias), node.files.folder);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
