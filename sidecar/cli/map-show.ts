import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { findMap } from './map-status';
import { mapText, waitingText } from './map-text';

export const mapShow: CliCommand = {
  words: ['map', 'show'],
  summary: "shows this node's network map: its service, what is held, who would leave",
  details: `Exit code 0 when all is well, 3 when no new map can be taken or something waits for you.
Example: netmap map show`,
  async run({ loadConfig, output, clock }) {
    const { map, status, alive } = await findMap(await loadConfig());
    const now = clock.now();
    output.result({ alive, peers: status.map.peers, ...map }, () => mapText(map, status.peers, status.map.peers, now));
    const isWell = map.failingSince === undefined && waitingText(map, now).length === 0;
    return isWell ? EXIT.ok : EXIT.partly;
  },
};
