import { obtainArtemis } from '../broker/obtain';
import { withProgress } from '../lib/progress';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';

interface Options {
  readonly home?: string;
}

export const brokerObtain: CliCommand<Options> = {
  words: ['broker', 'obtain'],
  summary: 'finds the stock broker or fetches it, and shows where it is',
  details: `Looked at in this order: --home or ARTEMIS_HOME, the cache folder (NETMAP_CACHE, else the user's own), Maven where
it is installed, Apache's own sites. What is fetched is checked by its SHA-512.
Example: netmap broker obtain`,
  configure: (command) => command.option('--home <folder>', 'an unpacked Artemis to use'),
  async run({ output, progress, environment, signal, clock }, { options }) {
    const home = await withProgress('obtaining the broker', progress, (shown) =>
      obtainArtemis({
        ...options,
        env: { ...environment },
        signal,
        clock,
        // Maven tells nothing of how far it is.
        onProgress: ({ bytes, total }) => bytes > 0 && shown.update({ done: bytes, total, unit: 'bytes' }),
      }),
    );
    output.result(home, ({ path, version }) => `Artemis ${version} in ${path}`);
    return EXIT.ok;
  },
};
