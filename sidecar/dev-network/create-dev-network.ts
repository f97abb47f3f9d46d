import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, NetmapError } from '../lib/errors';
import { buildNode, type BuildSettings, type BuiltNode } from './build-node';
import { chainPem } from './credential';
import type { DevNetwork, DevService } from './dev-network';
import { DevNetworkError } from './dev-network-error';
import { writeTree, type NewFile } from './file-tree';
import { issueAuthority, type Authority } from './issue-corda';
import { mapFileName, networkFiles, nodeFiles } from './layout';
import { mapServiceTree, mapUrl, type MapServicePorts } from './map-service';
import { checkPortList, portList } from './ports';
import { planNodes, type NodeSpec, type PlannedNode } from './node-spec';
import { credentialsOf, issueMissingServices, serviceFiles } from './services';
import { exists, isDevNetwork } from './open-dev-network';

export interface DevNetworkOptions extends Omit<BuildSettings, 'mapUrl'> {
  /** Made if it is missing; must be empty unless `replace`. */
  readonly folder: string;
  readonly nodes: readonly NodeSpec[];
  /** The first port of the first node; each takes four. 10002 unless given. */
  readonly basePort?: number;
  /** Takes away the development network that is there, its brokers' data included. */
  readonly replace?: boolean;
  /** Nodes know one another by a network map service there, for which all is made, too (`mapServiceFiles`). */
  readonly mapService?: MapServicePorts;
}

/**
 * Makes a network with its own root: keys, certificates, and for each node a NodeInfo, a network map with all nodes and
 * a configuration. The folder gets all of it or nothing.
 * @throws DevNetworkError, NodeInfoError NODE_INFO_ADDRESS
 */
export async function createDevNetwork(options: DevNetworkOptions): Promise<DevNetwork> {
  const files = networkFiles(resolve(options.folder));
  const planned = planNodes(options.nodes, [], options.basePort);
  const { mapService: ports } = options;
  if (ports !== undefined) {
    checkPortList([ports.map, ports.operator], new Set(planned.flatMap((node) => portList(node.ports))));
  }
  await checkFolder(files.folder, options.replace ?? false);
  const authority = issueAuthority(options);
  const services = issueMissingServices(authority, planned, { services: [], nodes: [] }, options);
  const service = ports === undefined ? {} : { mapUrl: mapUrl(ports) };
  const built = await buildAll(authority, planned, services, { ...options, ...service });
  try {
    const mapService = ports === undefined ? [] : mapServiceTree(authority, options, networkFiles('').network, ports);
    const known = ports === undefined ? built : [];
    await put(files.folder, [...networkTree(authority, services), ...mapService], built, known);
  } catch (cause) {
    if (cause instanceof NetmapError) throw cause;
    const message = `the development network cannot be written to ${files.folder}: ${messageOf(cause)}`;
    throw new DevNetworkError('DEV_NETWORK_UNWRITABLE', message, {
      remedy: 'name a folder that can be written',
      cause,
    });
  }
  const nodes = planned.map(({ alias, name, ports }) => {
    return { alias, name, ports, files: nodeFiles(join(files.nodes, alias)) };
  });
  return { ...authority, files, services, nodes, ...service };
}

async function buildAll(
  authority: Authority,
  planned: readonly PlannedNode[],
  services: readonly DevService[],
  settings: BuildSettings,
): Promise<BuiltNode[]> {
  const built: BuiltNode[] = [];
  for (const node of planned) built.push(await buildNode(authority, node, credentialsOf(services, node), settings));
  return built;
}

function networkTree({ root, doorman }: Authority, services: readonly DevService[]): NewFile[] {
  const paths = networkFiles('');
  return [
    { path: paths.rootKey, content: root.privateKey, secret: true },
    { path: paths.root, content: chainPem(root.chain) },
    { path: paths.doormanKey, content: doorman.privateKey, secret: true },
    { path: paths.doorman, content: chainPem(doorman.chain) },
    ...serviceFiles(services, paths.services),
  ];
}

/** Written aside first, so that what is cut off midway is never taken for a network. */
async function put(
  folder: string,
  network: readonly NewFile[],
  nodes: readonly BuiltNode[],
  known: readonly BuiltNode[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const aside = networkFiles(await mkdtemp(join(folder, '.new-')));
  try {
    await writeTree(aside.folder, network);
    await mkdir(aside.nodes);
    for (const node of nodes) {
      const map = known.map(({ alias, nodeInfo }) => ({
        path: join(nodeFiles('').map, mapFileName(alias)),
        content: nodeInfo,
      }));
      await writeTree(join(aside.nodes, node.alias), [...node.files, ...map]);
    }
    const files = networkFiles(folder);
    // In this order there is never a nodes folder alone, which would be taken for somebody else's.
    await moveAway(files.nodes, join(aside.folder, 'old-nodes'));
    await moveAway(files.network, join(aside.folder, 'old-network'));
    await rename(aside.network, files.network);
    await rename(aside.nodes, files.nodes);
  } finally {
    await rm(aside.folder, { recursive: true, force: true });
  }
}

async function moveAway(folder: string, to: string): Promise<void> {
  if (await exists(folder)) await rename(folder, to);
}

async function checkFolder(folder: string, replace: boolean): Promise<void> {
  const content = await contentOf(folder);
  if (content.length === 0) return;
  if (!replace) {
    throw new DevNetworkError('DEV_NETWORK_NOT_EMPTY', `the folder ${folder} is not empty`, {
      remedy: 'name another folder, or use --force to replace the development network in it',
    });
  }
  const { network, nodes } = networkFiles(folder);
  if ((await isDevNetwork(folder)) || !((await exists(network)) || (await exists(nodes)))) return;
  throw new DevNetworkError('DEV_NETWORK_FOREIGN', `${folder} holds a folder that is not of a development network`, {
    remedy: `move ${network} and ${nodes} away, or name another folder`,
  });
}

async function contentOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    const message = `the folder ${folder} cannot be used: ${messageOf(cause)}`;
    throw new DevNetworkError('DEV_NETWORK_UNWRITABLE', message, { remedy: 'name another folder', cause });
  }
}
