import { randomBytes } from 'node:crypto';
import { addNode, publishNodeInfo } from '../dev-network/add-node';
import { settingsAt } from '../dev-network/dev-network';
import { openDevNetwork } from '../dev-network/open-dev-network';
import type { CliCommand } from './command';
import { nodeResult, nodeTable } from './dev-network';
import { EXIT } from './exit-codes';

interface AddOptions {
  readonly folder: string;
  readonly name: string;
  readonly publish: boolean;
}

export const devNetworkAdd: CliCommand<AddOptions> = {
  words: ['dev-network', 'add'],
  summary: 'makes one more node of a development network',
  details: `It knows all other nodes. They know it with --publish, or once its node-info.json is copied into their
folders additional-node-infos. In a network with a map service it publishes itself when it starts.
Example: netmap dev-network add --name "O=Party D, L=Singapore, C=SG" --publish`,
  configure(command) {
    return (
      command
        .option('--folder <dir>', 'the development network (default: "dev-network")')
        .requiredOption('--name <name>', 'X.500 name with O, L and C, such as "O=Party D, L=Singapore, C=SG"')
        .option('--publish', 'put its NodeInfo into the network maps of all other nodes', false)
        // Options that both commands have are taken by the outer one, wherever they stand.
        .hook('preAction', (add) => void add.setOptionValue('folder', add.parent?.getOptionValue('folder')))
    );
  },
  async run({ output, clock }, { options: { folder, name, publish } }) {
    const network = await openDevNetwork(folder);
    const { node } = await addNode(network, { name }, settingsAt(clock, randomBytes));
    const byFiles = network.mapUrl === undefined;
    if (publish && byFiles) await publishNodeInfo(node, network.nodes);
    const hint = byFiles ? '' : '\nit publishes itself to the map service when it starts';
    output.result({ ...nodeResult(node), published: publish && byFiles }, () => `${nodeTable([node])}${hint}`);
    return EXIT.ok;
  },
};
