import { once } from 'node:events';
import { loadMapServiceConfig } from '../mapservice/map-service-config';
import { serveMap } from '../mapservice/serve';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';

export const mapServe: CliCommand = {
  words: ['map', 'serve'],
  summary: 'runs a network map service: takes NodeInfos, signs the map of them, and gives it to every node',
  details: `--config names the configuration of the service, not that of a node.
Example: netmap map serve --config ./map-service.yaml
Ends in good order on SIGINT and SIGTERM.`,
  async run({ configFile, clock, createLog, signal }) {
    const config = await loadMapServiceConfig(configFile);
    const log = createLog();
    const served = await serveMap(config, clock, log);
    try {
      log.info('serving', { url: served.url, operator: served.operatorUrl, nodes: served.service.size });
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await served.stop();
    }
    return EXIT.ok;
  },
};
