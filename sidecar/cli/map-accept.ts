import { DecisionsFile } from '../control/decisions-file';
import { NodeError } from '../control/node-error';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { findLiveMap } from './map-status';

export const mapAccept: CliCommand = {
  words: ['map', 'accept'],
  summary: 'lets the network map go on that is held because it has lost many peers, or is older',
  details: `See first who would leave: netmap map show
With a digest, as map show --json tells it, only that map is accepted and no other that has come since.
Example: netmap map accept`,
  configure: (command) => command.argument('[digest]', 'of the held map'),
  async run({ loadConfig, output, clock }, { args: [digest] }) {
    const config = await loadConfig();
    const { held } = (await findLiveMap(config)).map;
    if (held === undefined) {
      output.result({ accepted: null }, () => 'no network map is held');
      return EXIT.ok;
    }
    if (digest !== undefined && digest.toUpperCase() !== held.digest) {
      throw new NodeError('NODE_NOT_HELD', `the map that is held is ${held.digest}, not ${digest}`, {
        remedy: 'see who would leave: netmap map show',
      });
    }
    await new DecisionsFile(config.state).acceptMap(held.digest, clock.now());
    output.result({ accepted: held.digest, lost: held.lost.length }, () => `accepted: ${held.reason}`);
    return EXIT.ok;
  },
};
