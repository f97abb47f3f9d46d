import { InvalidArgumentError } from 'commander';
import { randomBytes } from 'node:crypto';
import { relative } from 'node:path';
import { createDevNetwork } from '../dev-network/create-dev-network';
import { settingsAt, type DevNetwork, type DevNode } from '../dev-network/dev-network';
import { mapServiceFiles } from '../dev-network/map-service';
import { partyName } from '../dev-network/names';
import { DEFAULT_BASE_PORT } from '../dev-network/ports';
import { withProgress } from '../lib/progress';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { table } from './output';

/** Each node has a file of each: forty thousand files are enough. */
const MOST_NODES = 200;

export interface DevNetworkOptions {
  readonly nodes: number;
  readonly folder: string;
  readonly basePort: number;
  readonly force: boolean;
  readonly mapService: boolean;
}

export const devNetwork: CliCommand<DevNetworkOptions> = {
  words: ['dev-network'],
  summary: 'makes a network for development: root, certificates, NodeInfos and a configuration for each node',
  details: `Each node gets a folder with its keys, its own copy of the network map and a netmap.yaml to run it with.
All keys of the network lie in the folder, so never trust its root elsewhere.

Examples:
  netmap dev-network --nodes 3
  netmap dev-network add --name "O=Party D, L=Singapore, C=SG" --publish`,
  configure(command) {
    return command
      .option('--nodes <number>', 'how many nodes', countOf, 3)
      .option('--folder <dir>', 'where to put it', 'dev-network')
      .option('--base-port <port>', 'first port of the first node; each takes four', portOf, DEFAULT_BASE_PORT)
      .option(
        '--map-service',
        'nodes know one another by a network map service, on the two ports before the first',
        false,
      )
      .option('--force', 'replace the development network in the folder, data of its brokers included', false);
  },
  async run({ output, clock, progress }, { options: { nodes, folder, basePort, force, mapService } }) {
    const specs = Array.from({ length: nodes }, (_, index) => ({ name: partyName(index) }));
    const network = await withProgress('making the development network', progress, () =>
      createDevNetwork({
        ...settingsAt(clock, randomBytes),
        ...{ folder, nodes: specs, basePort, replace: force },
        ...(mapService ? { mapService: { map: basePort - 2, operator: basePort - 1 } } : {}),
      }),
    );
    output.result(networkResult(network), () => networkText(network));
    return EXIT.ok;
  },
};

/** What is shown of a node. */
export function nodeResult({ alias, name, ports, files }: DevNode): object {
  return { alias, name: name.toCorda(), ports, config: files.config, nodeInfo: files.nodeInfo, map: files.map };
}

/** A table of nodes, with paths as the user would write them. */
export function nodeTable(nodes: readonly DevNode[]): string {
  const rows = nodes.map(({ name, ports, files }) => {
    return [name.toCorda(), ports.p2p, ports.node, ports.rpc, ports.rpcAdmin, relative('', files.config)];
  });
  return table(['node', 'p2p', 'node', 'rpc', 'rpc-admin', 'configuration'], rows);
}

function networkResult({ files, nodes, mapUrl }: DevNetwork): object {
  const service = mapUrl === undefined ? {} : { mapUrl, mapService: mapServiceFiles(files.network).config };
  return { folder: files.folder, root: files.root, ...service, nodes: nodes.map(nodeResult) };
}

function networkText({ nodes, files, mapUrl }: DevNetwork): string {
  const [first] = nodes;
  const service = `\nstart the map service: netmap map serve --config ${relative('', mapServiceFiles(files.network).config)}`;
  const hint = first === undefined ? '' : `\nstart a node: netmap run --config ${relative('', first.files.config)}`;
  return `${nodeTable(nodes)}\n${mapUrl === undefined ? '' : service}${hint}`;
}

function countOf(text: string): number {
  return numberOf(text, 1, MOST_NODES);
}

function portOf(text: string): number {
  return numberOf(text, 1, 65_535);
}

function numberOf(text: string, least: number, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new InvalidArgumentError(`it must be a whole number from ${least} to ${most}.`);
}
