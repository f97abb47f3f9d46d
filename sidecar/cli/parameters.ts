import { DecisionsFile } from '../control/decisions-file';
import { NodeError } from '../control/node-error';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { findMap } from './map-status';
import { parametersText, waitingText } from './map-text';

export const parametersShow: CliCommand = {
  words: ['parameters', 'show'],
  summary: 'shows the network parameters in force, and those that are announced',
  details: `Exit code 0 when none wait to be accepted, else 3.
Example: netmap parameters show`,
  async run({ loadConfig, output, clock }) {
    const { map } = await findMap(await loadConfig());
    const { parameters, update, unaccepted } = map;
    output.result({ parameters, update, unaccepted }, () => parametersText(map, clock.now()));
    return waitingText({ ...map, held: undefined }, clock.now()).length === 0 ? EXIT.ok : EXIT.partly;
  },
};

export const parametersAccept: CliCommand = {
  words: ['parameters', 'accept'],
  summary: 'accepts network parameters for this node, by their hash',
  details: `They are in force from their day on; the sidecar tells the network map service that this node accepts them.
See first what they say: netmap parameters show
Example: netmap parameters accept 3F2A9C01`,
  configure: (command) => command.argument('<hash>', 'of the parameters, or its first 8 digits or more'),
  async run({ loadConfig, output }, { args: [text = ''] }) {
    const config = await loadConfig();
    const { update, unaccepted } = (await findMap(config)).map;
    const offered = [update?.hash, unaccepted].filter((hash) => hash !== undefined);
    const hash = offered.find((each) => text.length >= 8 && each.startsWith(text.toUpperCase()));
    if (hash === undefined) {
      const what =
        offered.length === 0 ? 'none are' : `${offered.join(' and ')} ${offered.length === 1 ? 'is' : 'are'}`;
      throw new NodeError('NODE_NOT_HELD', `no network parameters ${text} are to be accepted; ${what} offered`, {
        remedy: 'see netmap parameters show',
      });
    }
    await new DecisionsFile(config.state).acceptParameters(hash);
    output.result({ accepted: hash }, () => `accepted: network parameters ${hash}`);
    return EXIT.ok;
  },
};
