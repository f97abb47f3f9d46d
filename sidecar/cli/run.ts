import { createSidecar } from '../control/create-sidecar';
import { createSite } from '../control/page/create-site';
import { nodePages } from '../control/node-pages';
import { servePages } from '../http/serve-pages';
import type { CliCommand } from './command';
import { EXIT } from './exit-codes';
import { startProgress } from '../lib/progress';
import { keepHeapSmall } from '../lib/small-heap';

export const run: CliCommand = {
  words: ['run'],
  summary: "runs this node: the broker configured, proven and kept as the network's map says",
  details:
    'Example: netmap run --config ./netmap.yaml\nEnds in good order on SIGINT and SIGTERM; an embedded broker is stopped, too.',
  async run(context) {
    const config = await context.loadConfig();
    // Where the sidecar itself carries every message, its code must be fast: a smaller heap doubles what each costs.
    if (config.profile !== 'swaptacular') keepHeapSmall();
    const log = context.createLog(config.log);
    const progress = startProgress('starting', context.progress);
    let starting = true;
    const started = (): void => {
      if (starting) progress.end();
      starting = false;
    };
    const { sidecar, dispose, lost } = await createSidecar({
      config,
      log,
      environment: { ...context.environment },
      onProgress: ({ bytes, total }) =>
        progress.update({ done: bytes, unit: 'bytes', ...(total === undefined ? {} : { total }) }),
    }).catch((error: unknown) => {
      started();
      throw error;
    });
    let served: Awaited<ReturnType<typeof servePages>> | undefined;
    try {
      if (config.http !== undefined)
        served = await servePages({
          ...config.http,
          pages: nodePages(() => sidecar.observe(), context.clock),
          site: await createSite({ config, observe: () => sidecar.observe(), clock: context.clock, log }),
        });
      await sidecar.start(context.signal);
      started();
      log.info('running', { node: sidecar.id, p2p: `${config.acceptors.p2p.host}:${config.acceptors.p2p.port}` });
      const reason = await Promise.race([aborted(context.signal), lost]);
      if (reason !== undefined) throw reason;
    } catch (error) {
      if (!context.signal.aborted) throw error;
    } finally {
      started();
      await sidecar.stop();
      await served?.close();
      await dispose();
    }
    return EXIT.ok;
  },
};

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
